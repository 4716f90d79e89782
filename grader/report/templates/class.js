// The class table, the heat map and the page of one student, from the data in this page. Every text is set as text.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const PRINTED = 1500; // rows
  const count = data.students.length;
  const students = data.students.map((s) => (typeof s === "string" ? [s, s, ""] : s));
  const search = students.map((s) => (s[0] + " " + s[2] + " " + s[1]).toLowerCase());
  const order = data.order || students.map((_, who) => who);
  const rank = new Int32Array(count);
  order.forEach((who, place) => (rank[who] = place));
  const chapters = data.chapters;
  const percentOf = new Map(Array.from(data.shares, (sign, percent) => [sign, percent]));
  for (const chapter of chapters) chapter.unpaged = new Set(chapter.unpaged);
  // A group is stored as steps from one student to the next; it is unpacked when somebody asks for it.
  const unpacked = new Map();
  function members(place) {
    if (!unpacked.has(place)) {
      let who = 0;
      unpacked.set(place, new Set(data.groups[place].who.map((step) => (who += step))));
    }
    return unpacked.get(place);
  }
  const byId = (id) => document.getElementById(id);

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "onclick") element.addEventListener("click", value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function bar(share) {
    const svg = byId("bar").content.firstElementChild.cloneNode(true);
    svg.setAttribute("class", "bar " + (share < 0.4 ? "low" : share < 0.7 ? "mid" : "high"));
    svg.firstElementChild.setAttribute("width", (100 * Math.max(0, Math.min(1, share))).toFixed(1));
    return svg;
  }

  const short = (value, decimals) => value.toFixed(decimals === undefined ? 2 : decimals).replace(decimals === undefined ? /\.?0+$/ : /$^/, "");
  const most = (chapter, who) => (who in chapter.maxima ? chapter.maxima[who] : chapter.max);
  // What a rounded share would hide: only everything is 100, only nothing is 0.
  function percent(share) {
    const whole = Math.round(100 * share);
    return share > 0 && whole === 0 ? 1 : share < 1 && whole >= 100 ? 99 : whole;
  }
  const pageOf = (who, chapter, base) =>
    chapter.unpaged.has(who) || chapter.status[who] === "-" ? null : base + encodeURIComponent(students[who][1]) + "/" + encodeURIComponent(chapter.file);

  const totals = new Float64Array(count);
  const percents = new Array(count);
  for (let who = 0; who < count; who++) {
    let points = 0, weight = 0, settled = true;
    for (const chapter of chapters) {
      const final = chapter.final[who], status = chapter.status[who];
      totals[who] += final || 0;
      if (status === "-" || (status === "x" && final === null)) continue;
      if (final === null && status !== "m") settled = false;
      weight += chapter.weight;
      const all = most(chapter, who);
      points += all ? (chapter.weight * (final || 0)) / all : 0;
    }
    percents[who] = settled && weight ? (100 * points) / weight : null;
  }
  const maxTotal = chapters.reduce((sum, chapter) => sum + chapter.max, 0);
  const totalDecimals = Math.max(0, ...chapters.map((chapter) => chapter.decimals));

  // --- columns ---------------------------------------------------------------------------------------------
  function verdict(sign, word, tone) {
    return make("span", { class: "verdict " + tone }, make("span", { class: "sign", "aria-hidden": "true" }, sign), " " + word);
  }

  function markCell(chapter, who) {
    const status = chapter.status[who], final = chapter.final[who], note = chapter.notes[who];
    if (status === "-") return make("td", { class: "empty" }, make("span", { class: "quiet" }, "–", make("span", { class: "unseen" }, " nothing here")));
    const href = pageOf(who, chapter, "./");
    let inside;
    const label = students[who][0] + ", " + chapter.number + ": ";
    if (final !== null && (status === "g" || (note && note[0] === "by hand"))) {
      inside = [short(final, chapter.decimals)];
    } else {
      inside = [verdict(...data.words[status])];
    }
    const link = href ? make("a", { href, "aria-label": label + (final === null ? data.words[status][1] : short(final) + " of " + short(most(chapter, who)) + " points") }, ...inside) : make("span", {}, ...inside);
    const tag = note && note[0] !== data.words[status][1] ? make("span", { class: "tag", title: note[1] }, note[0]) : null;
    const odd = who in chapter.maxima && status === "g" ? make("span", { class: "of" }, "/ " + short(most(chapter, who))) : null;
    const showBar = status === "g" && final !== null && most(chapter, who);
    return make("td", {}, make("span", { class: "mark" }, tag, link, odd), showBar ? bar(final / most(chapter, who)) : null);
  }

  function nameCell(who) {
    const [name, , real] = students[who];
    return make(
      "th",
      { scope: "row" },
      make("button", { type: "button", class: "name", "data-who": who }, name),
      real ? make("span", { class: "real" }, real) : null
    );
  }

  const plain = (text) => make("td", {}, text);
  const columns = [
    { title: ["Student"], first: "ascending", value: (who) => rank[who], cell: nameCell },
    ...chapters.map((chapter) => ({
      title: [make("span", { class: "number" }, chapter.number), " " + chapter.title],
      sub: "of " + short(chapter.max),
      first: "descending",
      value: (who) => chapter.final[who],
      cell: (who) => markCell(chapter, who),
      foot: chapter.medianText,
    })),
    {
      title: ["Total"], sub: "of " + short(maxTotal), first: "descending", total: true, value: (who) => totals[who],
      cell: (who) => make("td", { class: "total" }, make("span", { class: "mark" }, make("b", {}, short(totals[who], totalDecimals))), maxTotal ? bar(totals[who] / maxTotal) : null),
    },
    { title: ["Percent"], first: "descending", value: (who) => percents[who], cell: (who) => plain(percents[who] === null ? "–" : short(percents[who], 1)) },
  ];
  if (data.before) {
    columns.push(
      { title: ["Before"], first: "descending", value: (who) => data.before[who], cell: (who) => plain(data.before[who] === null ? "–" : short(data.before[who])) },
      {
        title: ["Change"], first: "ascending", value: (who) => (data.before[who] === null ? null : data.now[who] - data.before[who]),
        cell: (who) => {
          if (data.before[who] === null) return plain("–");
          const change = data.now[who] - data.before[who];
          const tone = change > 1e-9 ? "good" : change < -1e-9 ? "bad" : "idle";
          return make("td", {}, make("span", { class: "verdict " + tone }, (tone === "good" ? "▲ +" : tone === "bad" ? "▼ −" : "= ") + short(Math.abs(change))));
        },
      }
    );
  }

  // --- state -----------------------------------------------------------------------------------------------
  const state = { words: [], group: -1, section: "", column: 0, direction: "ascending", page: 0, size: 50, chapter: chapters.length > 1 ? -1 : 0 };
  let rows = order; // filtered and sorted

  function update(keepPage) {
    const group = state.group >= 0 ? members(state.group) : null;
    rows = order.filter(
      (who) =>
        (!group || group.has(who)) &&
        (!state.section || data.sections[who] === state.section) &&
        state.words.every((word) => search[who].includes(word))
    );
    const { value } = columns[state.column];
    const sign = state.direction === "ascending" ? 1 : -1;
    const values = new Map(rows.map((who) => [who, value(who)]));
    rows.sort((a, b) => {
      const x = values.get(a), y = values.get(b);
      // What has no mark stays at the end, whichever way the column is sorted.
      if (x === null || y === null) return (x === null) - (y === null) || rank[a] - rank[b];
      return sign * (x - y) || rank[a] - rank[b];
    });
    if (!keepPage) state.page = 0;
    byId("shown").textContent = rows.length === count ? count.toLocaleString("en") + " students" : rows.length.toLocaleString("en") + " of " + count.toLocaleString("en") + " students";
    show();
  }

  function show(all) {
    const size = all ? PRINTED : state.size;
    const start = all ? 0 : state.page * size;
    const shown = rows.slice(start, start + size);
    showClass(shown);
    showHeat(shown);
    for (const pager of document.querySelectorAll(".pager")) showPager(pager, start, shown.length);
  }

  // --- the class table -------------------------------------------------------------------------------------
  const table = byId("class");
  const body = table.tBodies[0];
  const headRow = table.tHead.rows[0];
  columns.forEach((column, place) => {
    const button = make("button", { type: "button" }, ...column.title);
    const header = make("th", { scope: "col", class: column.total ? "total" : null }, button, column.sub ? make("span", { class: "sub" }, column.sub) : null);
    button.addEventListener("click", () => {
      const other = column.first === "ascending" ? "descending" : "ascending";
      state.direction = state.column === place && state.direction === column.first ? other : column.first;
      state.column = place;
      update();
    });
    headRow.append(header);
  });
  const foot = table.tFoot.rows[0];
  columns.slice(1).forEach((column) => foot.append(make("td", { class: column.total ? "total" : null }, column.foot || "")));

  function showClass(shown) {
    Array.from(headRow.cells).forEach((header, place) => {
      if (place === state.column) header.setAttribute("aria-sort", state.direction);
      else header.removeAttribute("aria-sort");
    });
    body.replaceChildren(...shown.map((who) => make("tr", {}, ...columns.map((column) => column.cell(who)))));
    if (!shown.length) {
      body.append(make("tr", {}, make("td", { colspan: columns.length, class: "none" }, count ? "Nobody fits the filter." : "No result yet.")));
    }
  }
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button.name");
    if (button) openStudent(Number(button.dataset.who));
  });

  function showPager(pager, start, length) {
    const pages = Math.max(1, Math.ceil(rows.length / state.size));
    pager.hidden = rows.length <= 25;
    const [first, back, range, next, last] = pager.children;
    range.textContent = rows.length ? `${(start + 1).toLocaleString("en")}–${(start + length).toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : "0";
    first.disabled = back.disabled = state.page === 0;
    next.disabled = last.disabled = state.page >= pages - 1;
  }
  for (const pager of document.querySelectorAll(".pager")) {
    const turn = (to) => () => {
      const pages = Math.max(1, Math.ceil(rows.length / state.size));
      state.page = Math.max(0, Math.min(pages - 1, to(pages)));
      show();
    };
    const [first, back, , next, last] = pager.children;
    first.addEventListener("click", turn(() => 0));
    back.addEventListener("click", turn(() => state.page - 1));
    next.addEventListener("click", turn(() => state.page + 1));
    last.addEventListener("click", turn((pages) => pages - 1));
    const select = pager.querySelector("select");
    if (select) {
      select.addEventListener("change", () => {
        const at = state.page * state.size;
        state.size = Number(select.value);
        state.page = Math.floor(at / state.size);
        show();
      });
    }
  }

  // --- filters ---------------------------------------------------------------------------------------------
  const filter = byId("filter"), groupSelect = byId("group"), sectionSelect = byId("section");
  filter.addEventListener("input", () => {
    state.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    update();
  });
  const parts = new Map();
  data.groups.forEach((group, place) => {
    if (!parts.has(group.title)) {
      parts.set(group.title, make("optgroup", { label: group.title }));
      groupSelect.append(parts.get(group.title));
    }
    parts.get(group.title).append(make("option", { value: place }, `${group.text} (${group.n})`));
  });
  groupSelect.addEventListener("change", () => {
    state.group = Number(groupSelect.value);
    update();
  });
  if (data.sections) {
    for (const section of [...new Set(data.sections)].filter(Boolean).sort()) sectionSelect.append(make("option", {}, section));
    sectionSelect.addEventListener("change", () => {
      state.section = sectionSelect.value;
      update();
    });
    sectionSelect.closest("[hidden]").hidden = false;
  }
  for (const button of document.querySelectorAll("button[data-group]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      groupSelect.value = button.dataset.group;
      state.group = Number(button.dataset.group);
      update();
      byId("class-heading").scrollIntoView();
      groupSelect.focus({ preventScroll: true });
    });
  }
  byId("reset").addEventListener("click", () => {
    filter.value = "";
    groupSelect.value = "-1";
    if (sectionSelect) sectionSelect.value = "";
    Object.assign(state, { words: [], group: -1, section: "" });
    update();
    filter.focus();
  });
  document.querySelector(".filters").hidden = false;

  // --- the heat map ----------------------------------------------------------------------------------------
  const heat = byId("heat"), chapterSelect = byId("heat-chapter"), told = byId("heat-told");
  if (chapters.length > 1) chapterSelect.append(make("option", { value: -1 }, "All chapters"));
  chapters.forEach((chapter, place) => chapterSelect.append(make("option", { value: place }, chapter.number + " " + chapter.title)));
  chapterSelect.addEventListener("change", () => {
    state.chapter = Number(chapterSelect.value);
    focus = [0, 0];
    show();
  });
  chapterSelect.value = String(state.chapter);
  let focus = [0, 0];

  function heatColumns() {
    if (state.chapter < 0) {
      return chapters.map((chapter) => ({
        title: chapter.number + " " + chapter.title,
        chapter,
        share: (who) => {
          const final = chapter.final[who], all = most(chapter, who);
          return final === null || !all || chapter.status[who] === "m" ? null : Math.min(100, percent(final / all));
        },
      }));
    }
    const chapter = chapters[state.chapter];
    return chapter.exercises.map(([name, shares]) => ({
      title: name,
      chapter,
      share: (who) => (shares[who] === " " ? null : percentOf.get(shares[who])),
    }));
  }

  const level = (share) => (share === null ? "none" : share === 0 ? "h0" : share === 100 ? "h5" : "h" + (1 + Math.min(3, Math.floor(share / 25))));

  function showHeat(shown) {
    if (!chapters.length) return;
    const own = heatColumns();
    heat.tHead.replaceChildren(
      make("tr", {}, make("th", { scope: "col" }, "Student"), ...own.map((column) => make("th", { scope: "col", class: "up" }, make("span", {}, column.title))))
    );
    heat.tBodies[0].replaceChildren(
      ...shown.map((who, y) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, students[who][0]),
          ...own.map((column, x) => {
            const share = column.share(who);
            return make("td", { class: level(share), tabindex: x === focus[1] && y === focus[0] ? 0 : -1, "data-who": who }, share === null ? "·" : String(share));
          })
        )
      )
    );
    const sums = own.map((column) => {
      let sum = 0, n = 0;
      for (const who of rows) {
        const share = column.share(who);
        if (share !== null) {
          sum += share;
          n += 1;
        }
      }
      return n ? Math.round(sum / n) : null;
    });
    heat.tFoot.replaceChildren(make("tr", {}, make("th", { scope: "row" }, "Mean"), ...sums.map((mean) => make("td", { class: level(mean) }, mean === null ? "·" : String(mean)))));
    if (heat.tBodies[0].rows.length && !heat.querySelector("td[tabindex='0']")) {
      focus = [0, 0];
      heat.tBodies[0].rows[0].cells[1].tabIndex = 0;
    }
  }

  function cellAt(y, x) {
    const row = heat.tBodies[0].rows[y];
    return row && row.cells[x + 1];
  }
  function tell(cell) {
    const who = Number(cell.dataset.who), column = heatColumns()[cell.cellIndex - 1], share = column.share(who);
    const word = data.words[column.chapter.status[who]];
    told.textContent = `${students[who][0]}, ${column.title}: ${share === null ? (word && column.chapter.status[who] !== "g" ? word[1] : "nothing judged") : share + " % of the points"}`;
  }
  heat.addEventListener("focusin", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell) return;
    const before = cellAt(...focus);
    if (before) before.tabIndex = -1;
    focus = [cell.parentNode.sectionRowIndex, cell.cellIndex - 1];
    cell.tabIndex = 0;
    tell(cell);
  });
  heat.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("tbody td");
    if (cell) tell(cell);
  });
  heat.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell) return;
    let [y, x] = focus;
    const width = heat.tHead.rows[0].cells.length - 1, height = heat.tBodies[0].rows.length;
    const steps = {
      ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
      Home: [event.ctrlKey ? 0 : y, 0], End: [event.ctrlKey ? height - 1 : y, width - 1], PageUp: [y - 10, x], PageDown: [y + 10, x],
    };
    if (event.key === "Enter") {
      openStudent(Number(cell.dataset.who));
    } else if (event.key in steps) {
      [y, x] = steps[event.key];
      cellAt(Math.max(0, Math.min(height - 1, y)), Math.max(0, Math.min(width - 1, x))).focus();
    } else return;
    event.preventDefault();
  });
  heat.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody td");
    if (cell) openStudent(Number(cell.dataset.who));
  });

  // --- one student -----------------------------------------------------------------------------------------
  const dialog = byId("student");
  function openStudent(who) {
    const [name, , real] = students[who];
    byId("student-name").textContent = real ? name + ", " + real : name;
    byId("student-sum").textContent = `${short(totals[who])} of ${short(maxTotal)} points` + (data.before && data.before[who] !== null ? `, before ${short(data.before[who])}` : "");
    const parts = chapters.map((chapter) => {
      const status = chapter.status[who], final = chapter.final[who], note = chapter.notes[who];
      const staff = pageOf(who, chapter, "./"), feedback = pageOf(who, chapter, "../feedback/");
      const head = make("h3", {}, make("span", { class: "number" }, chapter.number), " " + chapter.title);
      const mark = status === "-" ? "nothing here" : final !== null && (status === "g" || note) ? `${short(final)} of ${short(most(chapter, who))} points` : data.words[status][1];
      const own = chapter.exercises.filter(([, shares]) => shares[who] !== " ");
      return make(
        "section",
        {},
        head,
        make("p", {}, make("b", {}, mark), note ? ` (${note[0]}: ${note[1]})` : ""),
        staff ? make("p", { class: "small" }, make("a", { href: staff }, "Details for staff"), " · ", make("a", { href: feedback }, "The page the student gets")) : null,
        own.length
          ? make("ul", { class: "strip" }, ...own.map(([exercise, shares]) => {
              const share = percentOf.get(shares[who]);
              return make("li", { class: level(share) }, make("code", {}, exercise), " " + share + " %");
            }))
          : null
      );
    });
    byId("student-chapters").replaceChildren(...parts);
    dialog.showModal();
    dialog.scrollTop = 0;
  }
  byId("student-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  window.addEventListener("beforeprint", () => show(true));
  window.addEventListener("afterprint", () => show());
  update();
})();
