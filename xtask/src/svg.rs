//! What the pictures in the docs have in common.

use std::fmt::Write as _;

/// Colours for light and dark pages. Words say what colours say, so nothing depends on seeing them.
pub(crate) const STYLE: &str = "
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small, .tick { font-size: 11px; fill: #59636e; }
  .tick { text-anchor: middle; }
  .grid { stroke: #d1d9e0; }
  .same { stroke: #59636e; }
  .reached { fill: #1a7f37; }
  .missed { fill: #bc4c00; }
  .aim { stroke: #1f2328; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small, .tick { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .same { stroke: #9198a1; }
    .reached { fill: #3fb950; }
    .missed { fill: #db6d28; }
    .aim { stroke: #f0f6fc; }
  }
";

/// Writes words at a place.
pub(crate) fn text(body: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        body,
        r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{words}</text>"#
    );
}

/// Draws an upright line.
pub(crate) fn line(body: &mut String, class: &str, x: f64, from: f64, to: f64) {
    let _ = writeln!(
        body,
        r#"<line class="{class}" x1="{x:.1}" x2="{x:.1}" y1="{from:.1}" y2="{to:.1}"/>"#
    );
}
