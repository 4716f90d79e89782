// Sorting and filtering of the class table. Without it the table is complete, only still.
(function () {
  "use strict";
  const table = document.getElementById("class");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).filter((row) => row.dataset.search !== undefined);
  if (!rows.length) return;
  const inOrder = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const headers = Array.from(table.tHead.rows[0].cells);

  function sortBy(column, direction) {
    const numeric = headers[column].dataset.sort === "number";
    const sign = direction === "ascending" ? 1 : -1;
    const valued = rows.map((row) => ({ row, value: row.cells[column].dataset.value }));
    valued.sort((a, b) => {
      // What has no mark stays at the end, whichever way the column is sorted.
      if (a.value === "" || b.value === "") return (a.value === "") - (b.value === "");
      return sign * (numeric ? a.value - b.value : inOrder.compare(a.value, b.value));
    });
    body.append(...valued.map((item) => item.row));
    headers.forEach((header) => header.removeAttribute("aria-sort"));
    headers[column].setAttribute("aria-sort", direction);
  }

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const now = header.getAttribute("aria-sort");
      // Numbers start with the highest, names with the first.
      const first = header.dataset.sort === "number" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      sortBy(column, now === first ? other : first);
    });
  });
  headers[0].setAttribute("aria-sort", "ascending");

  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.search.includes(word));
      count += !row.hidden;
    }
    shown.textContent = count + " of " + rows.length;
  }
  filter.addEventListener("input", apply);
  filter.closest("[hidden]").hidden = false;
  apply();
})();
