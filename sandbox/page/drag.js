// Lets an event be dragged to another quarter of an hour or another day, by mouse, pen or finger.

import { MINUTE, addDays, clock, startOfDay } from "./time.js";

const QUARTER = 15;
const SLACK = 5;

// Calls `move(event, start, end)` when the block has been dropped somewhere else.
export function dragged(button, event, hourHeight, move) {
  button.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || down.pointerType === "touch") return;
    const home = button.closest(".column");
    const columns = [...home.parentElement.querySelectorAll(".column")];
    let drop = null;

    const follow = (at) => {
      if (!drop && Math.hypot(at.clientX - down.clientX, at.clientY - down.clientY) < SLACK) return;
      const minutes = Math.round(((at.clientY - down.clientY) / hourHeight) * 60 / QUARTER) * QUARTER;
      const target = columns.find((one) => within(one, at.clientX)) ?? home;
      const days = columns.indexOf(target) - columns.indexOf(home);
      drop = moved(event, days, minutes);
      show(button, home, target, (minutes / 60) * hourHeight, drop);
    };
    const stop = (up) => {
      window.removeEventListener("pointermove", follow);
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
      if (!drop) return;
      button.classList.remove("dragging");
      button.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
      const same = +drop.start === +event.start;
      if (up.type === "pointerup" && !same) move(event, drop.start, drop.end);
      else button.style.removeProperty("transform");
    };
    window.addEventListener("pointermove", follow);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
  });
}

// Keeps the wall-clock time when the day changes, also over a change to summer time.
export function moved(event, days, minutes) {
  const day = addDays(startOfDay(event.start), days);
  const start = new Date(+day + (event.start - startOfDay(event.start)) + minutes * MINUTE);
  return { start, end: new Date(+start + (event.end - event.start)) };
}

function within(column, x) {
  const box = column.getBoundingClientRect();
  return x >= box.left && x < box.right;
}

function show(button, home, target, y, drop) {
  const x = target.getBoundingClientRect().left - home.getBoundingClientRect().left;
  button.classList.add("dragging");
  button.style.setProperty("transform", `translate(${x}px, ${y}px)`);
  button.querySelector(".time").textContent = clock(drop.start);
}
