// The steps of a user, and what the page shows after each. A test adds this script to a page.
"use strict";
{
  const said = [];
  const say = (what, value) => said.push(`${what}: ${value}`);
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const press = (key, target = document.activeElement) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const type = (text) => {
    one("#search").value = text;
    one("#search").dispatchEvent(new InputEvent("input"));
  };
  const labels = () => all(".row .name").map((name) => name.textContent).join(" | ");
  const chosen = () => one("#detail h2").textContent;

  say("title", document.title);
  say("theme", document.documentElement.dataset.theme);
  say("count", one("#count").textContent);
  say("rows", labels());
  say("elements of markup in names", all(".row img, .row script, #detail img, #detail script").length);

  press("/", document.body);
  say("focus after /", document.activeElement.id);
  type(SEARCH);
  say("found", one("#count").textContent);
  say("rows found", labels());
  press("Enter");
  say("focus after Enter", document.activeElement.id);
  say("chosen after Enter", chosen());
  press("ArrowDown");
  say("chosen after ArrowDown", chosen());
  press("/");
  press("Escape");
  say("rows after Escape", one("#count").textContent);
  press("End");
  say("chosen after End", chosen());
  press("ArrowUp");
  say("chosen after ArrowUp", chosen());
  press("Home");
  const before = all(".row").length;
  press("ArrowLeft");
  say("fewer rows after ArrowLeft", all(".row").length < before);
  press("ArrowRight");
  say("as many after ArrowRight", all(".row").length === before);

  one("#fold").click();
  say("rows without families", labels());
  one("#theme").click();
  say("theme after a click", document.documentElement.dataset.theme);
  press("t", document.body);
  say("theme after t", document.documentElement.dataset.theme);
  press("Escape", one("#tree"));
  say("chosen after Escape", chosen());
  say("headings", all("#detail h3, #detail summary").map((heading) => heading.textContent).join(" | "));
  say("copies", one("#copy") !== null && one("#detail pre").textContent.startsWith("use checkpoint_core"));

  const result = document.createElement("pre");
  result.id = "said";
  result.textContent = said.join("\n");
  document.body.append(result);
}
