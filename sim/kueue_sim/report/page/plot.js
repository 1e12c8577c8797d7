"use strict";
(() => {
  const WIDE = 10000, HIGH = 4000, ENDLESS = 60, STEPS = [1, 2, 5, 10];
  const make = (kind, into, name) => {
    const made = document.createElement(kind);
    made.className = name || "";
    into.append(made);
    return made;
  };
  const short = number => String(Number(number.toPrecision(3)));
  let shown = [0, 1], tip, back;

  /* Round values between two ends. */
  function ticks(low, high, most) {
    const size = 10 ** Math.floor(Math.log10((high - low) / most));
    const step = size * STEPS.find(factor => size * factor * most >= (high - low) * (1 - 1e-9));
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) found.push(Number((n * step).toPrecision(10)));
    return found;
  }

  /* All drawings of time show the same stretch of it. */
  function zoom(low, high) {
    shown = [low, high];
    for (const plot of document.querySelectorAll(".plot.time")) {
      const span = Number(plot.dataset.span);
      const places = ticks(low * span, high * span, 8).map(value => [(value / span - low) / (high - low) * 100, value]);
      for (const svg of plot.querySelectorAll("svg"))
        svg.setAttribute("viewBox", `${low * WIDE} 0 ${(high - low) * WIDE} ${HIGH}`);
      for (const grid of plot.querySelectorAll(".grid")) {
        grid.replaceChildren();
        for (const [at] of places) make("i", grid).style.left = `${at}%`;
      }
      const axis = plot.querySelector(".ticks");
      axis.replaceChildren();
      for (const [at, value] of places) {
        const label = make("span", axis);
        label.style.left = `${at}%`;
        label.textContent = value;
      }
    }
    back.hidden = low === 0 && high === 1;
  }

  /* The height of a step curve at a place, from its path. */
  function height(path, x) {
    let found = null, at = 0;
    for (const [, kind, first, second] of path.getAttribute("d").matchAll(/([MHVz])(-?[\d.]*) ?(-?[\d.]*)/g)) {
      if (kind === "z" || (kind === "H" && Number(first) < at)) break;
      if (kind === "M") { at = Number(first); if (at > x) break; found = Number(second); }
      if (kind === "V") found = Number(first);
      if (kind === "H") { at = Number(first); if (at >= x) break; }
    }
    return found;
  }

  function values(svg, x) {
    const top = Number(svg.dataset.top), told = [];
    const say = value => "percent" in svg.dataset ? `${Math.round(100 * value)} %` : short(value);
    let below = HIGH;
    for (const mark of svg.querySelectorAll("[data-name]")) {
      const name = mark.dataset.name;
      if (mark.classList.contains("strip")) {
        const list = mark.dataset.values.split(",");
        told.push(`${say(Number(list[Math.min(list.length - 1, Math.floor(x / WIDE * list.length))]))} ${name}`);
        continue;
      }
      const at = height(mark, x);
      if (at === null) continue;
      const level = mark.classList.contains("filled") ? below - at : HIGH - at;
      if (mark.classList.contains("filled")) below = at;
      told.push(`${"endless" in svg.dataset && at === ENDLESS ? "∞" : say(level / HIGH * top)} ${name}`);
    }
    return told;
  }

  function story(plot, x, y) {
    const data = plot.querySelector(".stories");
    if (!data) return [];
    plot.stories = plot.stories || JSON.parse(data.textContent);
    const row = Math.floor(y * plot.stories.rows), slack = (shown[1] - shown[0]) * WIDE / 400;
    const found = plot.stories.bars.filter(bar => bar[2] === row && bar[0] - slack <= x && x <= bar[1] + slack);
    return found.length ? found[found.length - 1][3].split("\n") : [];
  }

  function place(event, area) {
    const box = area.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const time = area.closest(".plot").classList.contains("time");
    return [(time ? shown[0] + part * (shown[1] - shown[0]) : part), (event.clientY - box.top) / box.height, part];
  }

  function tell(event, area) {
    const plot = area.closest(".plot"), svg = area.querySelector("svg");
    const [x, y] = place(event, area);
    let lines = plot.querySelector(".stories") ? story(plot, x * WIDE, y) : values(svg, x * WIDE);
    if (lines.length && !plot.querySelector(".stories")) {
      const name = area.parentNode.querySelector("b").textContent, axis = plot.querySelector(".label").textContent;
      lines = [...(name ? [name] : []), ...lines, `${axis}: ${short(x * Number(plot.dataset.span))}`];
    }
    tip.hidden = !lines.length;
    tip.replaceChildren();
    for (const line of lines) make("div", tip).textContent = line;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18}px`;
  }

  function attach() {
    tip = make("div", document.body, "tip");
    back = make("button", document.body, "back");
    back.type = "button";
    back.textContent = "Show all of the time";
    tip.hidden = back.hidden = true;
    back.addEventListener("click", () => zoom(0, 1));
    let from = null, band = null;
    const area = event => event.target.closest && event.target.closest(".plot .panel > .area");
    const away = () => { tip.hidden = true; };
    document.addEventListener("pointermove", event => {
      const over = area(event);
      if (band) {
        const [, , part] = place(event, band.parentNode);
        band.style.left = `${Math.min(from, part) * 100}%`;
        band.style.width = `${Math.abs(part - from) * 100}%`;
      } else if (over) tell(event, over); else away();
    });
    document.addEventListener("pointerdown", event => {
      const over = area(event);
      if (!over) return away();
      if (event.pointerType !== "mouse") return tell(event, over);
      if (event.button || !over.closest(".time")) return;
      event.preventDefault();
      from = place(event, over)[2];
      band = make("div", over, "band");
    });
    document.addEventListener("pointerup", event => {
      if (!band) return;
      const part = place(event, band.parentNode)[2], [low, high] = shown;
      band.remove();
      band = null;
      const ends = [from, part].sort((a, b) => a - b).map(end => low + end * (high - low));
      if (ends[1] - ends[0] > 0.01 * (high - low)) zoom(...ends);
    });
    document.addEventListener("dblclick", event => { if (area(event)) zoom(0, 1); });
    addEventListener("scroll", away, {passive: true});
    addEventListener("beforeprint", () => zoom(0, 1));
  }
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", attach); else attach();
})();
