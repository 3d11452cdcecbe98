//! The item of the derive, its fields and their paths.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Generics, Member, Type, Visibility};

use crate::attr::Attributes;
use crate::attr::container::{Case, StructAttributes};
use crate::attr::field::FieldAttributes;
use crate::attr::repeat::Counted;
use crate::attr::value::{self, Path};
use crate::diag::Diag;
use crate::manifest::{self, Manifest};
use checkpoint_schema::model::description::{Indices, Repeat};

/// A struct.
pub(crate) struct Input<'a> {
    pub(crate) visibility: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attributes: Attributes<StructAttributes>,
    /// The manifests that could be read.
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field.
pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) attributes: Attributes<FieldAttributes>,
    /// The path and its aliases, or the paths of all joined variables.
    pub(crate) paths: Vec<Path>,
    /// The index that the field binds, if it has a `repeat`.
    pub(crate) repeat: Option<Repeat>,
    /// The values of that index.
    pub(crate) indices: Indices,
}

impl<'a> Input<'a> {
    /// Reads the item, its attributes and its manifests.
    pub(crate) fn read(diag: &mut Diag, item: &'a DeriveInput) -> Self {
        let input = Self::without_manifests(diag, item);
        let manifests = manifest::read(diag, &input.attributes.values);
        Self { manifests, ..input }
    }

    /// Reads the item and its attributes.
    pub(crate) fn without_manifests(diag: &mut Diag, item: &'a DeriveInput) -> Self {
        let attributes = Attributes::<StructAttributes>::read(diag, &item.attrs);
        let fields = match &item.data {
            Data::Struct(data) => {
                let named = data.fields.iter().all(|field| field.ident.is_some());
                let newtype = !named && data.fields.len() == 1;
                let fields = data.fields.members().zip(&data.fields);
                let case = attributes.values.rename_all;
                fields
                    .map(|(member, field)| Field::read(diag, member, field, case, newtype))
                    .collect()
            }
            Data::Enum(data) => not_a_struct(diag, data.enum_token),
            Data::Union(data) => not_a_struct(diag, data.union_token),
        };
        let DeriveInput { vis: visibility, ident, generics, .. } = item;
        Self { visibility, ident, generics, attributes, manifests: Vec::new(), fields }
    }

    /// True if the types of its fields depend on parameters.
    pub(crate) fn is_generic(&self) -> bool {
        let mut types = self.generics.type_params();
        types.next().is_some() || self.generics.const_params().next().is_some()
    }

    /// The context of the fields, as the last argument of a trait with others: `, Device`. It is empty without a context, since
    /// the traits have a default.
    pub(crate) fn context(&self) -> TokenStream {
        self.attributes.values.context.as_ref().map_or_else(TokenStream::new, |ty| quote!(, #ty))
    }

    /// The path of `checkpoint-core`, if it is known.
    pub(crate) fn krate(&self) -> Option<syn::Path> {
        let written = &self.attributes.values.krate;
        let usual = || syn::parse_quote!(::checkpoint_core);
        written.clone().or_else(|| self.attributes.name("crate").is_none().then(usual))
    }
}

fn not_a_struct<T>(diag: &mut Diag, keyword: impl ToTokens) -> Vec<T> {
    let way_out = "write a struct with a field for each variable";
    diag.error(keyword, format!("`FromCheckpoint` is derived for structs; {way_out}"));
    Vec::new()
}

impl<'a> Field<'a> {
    fn read(
        diag: &mut Diag,
        member: Member,
        field: &'a syn::Field,
        case: Case,
        newtype: bool,
    ) -> Self {
        let mut attributes = Attributes::<FieldAttributes>::read(diag, &field.attrs);
        let written = attributes.values.path.take();
        let path =
            written.or_else(|| implied_path(diag, &attributes, &member, field, case, newtype));
        let joined = std::mem::take(&mut attributes.values.concat);
        let aliases = std::mem::take(&mut attributes.values.aliases);
        let paths: Vec<_> = path.into_iter().chain(joined).chain(aliases).collect();
        let counted = repeat(diag, &mut attributes, paths.first());
        let (repeat, indices) =
            counted.map_or((None, Indices::Range), |(repeat, indices)| (Some(repeat), indices));
        Self { member, ty: &field.ty, attributes, paths, repeat, indices }
    }

    /// The name, or the position in a tuple struct.
    pub(crate) fn name(&self) -> String {
        match &self.member {
            Member::Named(ident) => value::name(ident),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// True if the field is loaded from the checkpoint.
    pub(crate) fn is_loaded(&self) -> bool {
        !self.attributes.values.skip
    }

    /// True if other fields may take other parts of its variable.
    pub(crate) fn takes_a_part(&self) -> bool {
        self.attributes.values.steps.iter().any(|step| step.op.takes_a_part())
    }
}

/// The path of a field without a `path`; `None` also if its `path` is invalid.
fn implied_path(
    diag: &mut Diag,
    attributes: &Attributes<FieldAttributes>,
    member: &Member,
    field: &syn::Field,
    case: Case,
    newtype: bool,
) -> Option<Path> {
    let no_path = ["path", "concat", "skip", "dim"];
    let counts = attributes.values.counts_parts();
    if no_path.iter().any(|word| attributes.name(word).is_some() && !(counts && *word == "concat"))
    {
        return None;
    }
    if let Some(flatten) = attributes.name("flatten") {
        return Some(Path::text(String::new(), flatten));
    }
    match member {
        Member::Named(ident) => Some(Path::text(case.of(&value::name(ident)), ident)),
        Member::Unnamed(_) if newtype => Some(Path::text(String::new(), &field.ty)),
        Member::Unnamed(_) => {
            let way_out = "write `#[ckpt(path = \"...\")]`, `flatten` or `skip`";
            diag.error(&field.ty, format!("this field has no name to be its path; {way_out}"));
            None
        }
    }
}

/// The index that `repeat` binds, and its values: the named one, or the only one of the path.
fn repeat(
    diag: &mut Diag,
    attributes: &mut Attributes<FieldAttributes>,
    path: Option<&Path>,
) -> Option<(Repeat, Indices)> {
    match attributes.values.repeat.take()? {
        Counted::Named(repeat, indices) => Some((repeat, indices)),
        Counted::Only => {
            let index = only_index(diag, attributes.name("repeat")?, path?)?.leak();
            Some((Repeat { index, start: 0, end: None }, Indices::Range))
        }
    }
}

fn only_index(diag: &mut Diag, repeat: &Ident, path: &Path) -> Option<String> {
    match path.indices().as_slice() {
        [index] => return Some((*index).to_owned()),
        [] => {
            let way_out = "write one, such as `path = \"h<i>\"`, or name that of the paths within: `repeat(i)`";
            diag.error(repeat, format!("the path has no index to count; {way_out}"));
        }
        [first, second, ..] => {
            let way_out = format!("write `repeat({first})` or `repeat({second})`");
            diag.error(repeat, format!("the path has several indices to count; {way_out}"));
        }
    }
    None
}
