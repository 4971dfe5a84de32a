"use strict";
// Draws each chart from the description that stands beside it. Colours of text and lines are the style's.
const charts = [...document.querySelectorAll(".plot")];
for (const chart of charts) {
  const figure = JSON.parse(document.getElementById(chart.dataset.figure).textContent);
  Plotly.newPlot(chart, figure.data, figure.layout, { responsive: true, displayModeBar: false });
}
const fit = (width) => charts.forEach((chart) => Plotly.relayout(chart, width ? { width } : { autosize: true, width: null }));
addEventListener("beforeprint", () => fit(680));
addEventListener("afterprint", () => fit(null));
