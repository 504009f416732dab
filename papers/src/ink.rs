//! A signature drawn with a finger.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// What a stored drawing may weigh.
pub(crate) const BLOB_BYTES_MAX: usize = 16 * 1024;
const STROKES_MAX: usize = 64;
const POINTS_MAX: usize = 2_000;
const SIDE_MAX: u16 = 4_096;

/// A signature drawn with a finger: strokes in a box. Neither speed nor pressure, which would be biometric.
///
/// Invariant: what [`Ink::from_json`] and [`Ink::new`] promise. serde keeps it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Blob", into = "Blob")]
pub struct Ink {
    width: u16,
    height: u16,
    /// Each a flat list: x, y, x, y…
    strokes: Vec<Vec<u16>>,
}

/// How a drawing is stored: `{"ink":1,"width":600,"height":200,"strokes":[[x,y,x,y],…]}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Blob {
    ink: u8,
    width: u16,
    height: u16,
    strokes: Vec<Vec<u16>>,
}

/// Why something is not a drawing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInk {
    #[error("more than {BLOB_BYTES_MAX} bytes")]
    TooLarge,
    #[error("not a drawing: {0}")]
    Shape(String),
    #[error("a format of another time")]
    Format,
    #[error("a box without area, or too large")]
    Box,
    #[error("nothing drawn")]
    Empty,
    #[error("more than {STROKES_MAX} strokes or {POINTS_MAX} points")]
    TooMuch,
    #[error("a stroke that is not made of pairs")]
    Pairs,
    #[error("a point outside the box")]
    Outside,
}

impl Ink {
    /// At least one point, at most 64 strokes and 2,000 points, all of them in a box of at most 4,096 × 4,096.
    ///
    /// # Errors
    /// What is not so.
    pub fn new(width: u16, height: u16, strokes: Vec<Vec<u16>>) -> Result<Self, BadInk> {
        if !(1..=SIDE_MAX).contains(&width) || !(1..=SIDE_MAX).contains(&height) {
            return Err(BadInk::Box);
        }
        if strokes.is_empty() {
            return Err(BadInk::Empty);
        }
        let numbers: usize = strokes.iter().map(Vec::len).sum();
        if strokes.len() > STROKES_MAX || numbers > 2 * POINTS_MAX {
            return Err(BadInk::TooMuch);
        }
        for stroke in &strokes {
            if stroke.is_empty() {
                return Err(BadInk::Empty);
            }
            if stroke.len() % 2 != 0 {
                return Err(BadInk::Pairs);
            }
            if stroke.chunks_exact(2).any(|point| point[0] > width || point[1] > height) {
                return Err(BadInk::Outside);
            }
        }
        Ok(Self { width, height, strokes })
    }

    /// Reads a stored drawing: `{"ink":1,"width":600,"height":200,"strokes":[[x,y,x,y],…]}` in at most 16 kB.
    ///
    /// # Errors
    /// Whatever else it is.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BadInk> {
        if bytes.len() > BLOB_BYTES_MAX {
            return Err(BadInk::TooLarge);
        }
        let blob: Blob = serde_json::from_slice(bytes).map_err(|e| BadInk::Shape(e.to_string()))?;
        Self::try_from(blob)
    }

    /// The drawing, in black on nothing: each stroke a smooth curve through the middles between its points.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let (width, height) = (self.width, self.height);
        // 0.3 mm in a cell of the sheet.
        let pen = f64::from(width.max(height)) / 80.0;
        let mut path = String::new();
        let mut dots = String::new();
        for stroke in &self.strokes {
            let points: Vec<_> = stroke.chunks_exact(2).map(|point| (point[0], point[1])).collect();
            draw(&points, pen, &mut path, &mut dots);
        }
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"><path d="{path}" fill="none" stroke="black" stroke-width="{pen}" stroke-linecap="round" stroke-linejoin="round"/>{dots}</svg>"#
        )
    }
}

fn draw(points: &[(u16, u16)], pen: f64, path: &mut String, dots: &mut String) {
    let (x, y) = points[0];
    // A tap, and a finger that did not move: a line of no length is nothing to some readers.
    if points.iter().all(|&point| point == points[0]) {
        write!(dots, r#"<circle cx="{x}" cy="{y}" r="{}" fill="black"/>"#, pen / 2.0).ok();
        return;
    }
    write!(path, "M{x} {y}").ok();
    for pair in points[1..].windows(2) {
        let ((x, y), middle) = (pair[0], (half(pair[0].0, pair[1].0), half(pair[0].1, pair[1].1)));
        write!(path, "Q{x} {y} {} {}", middle.0, middle.1).ok();
    }
    let (x, y) = points[points.len() - 1];
    write!(path, "L{x} {y}").ok();
}

fn half(a: u16, b: u16) -> f64 {
    f64::midpoint(f64::from(a), f64::from(b))
}

impl TryFrom<Blob> for Ink {
    type Error = BadInk;

    fn try_from(blob: Blob) -> Result<Self, BadInk> {
        if blob.ink != 1 {
            return Err(BadInk::Format);
        }
        Self::new(blob.width, blob.height, blob.strokes)
    }
}

impl From<Ink> for Blob {
    fn from(ink: Ink) -> Self {
        Self { ink: 1, width: ink.width, height: ink.height, strokes: ink.strokes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Ink, BadInk> {
        Ink::from_json(json.as_bytes())
    }

    #[test]
    fn a_stored_drawing_is_read_and_written_the_same() {
        let json = r#"{"ink":1,"width":600,"height":200,"strokes":[[0,0,600,200],[5,5]]}"#;
        let ink = read(json).unwrap();
        assert_eq!(serde_json::to_string(&ink).unwrap(), json);
    }

    #[test]
    fn whatever_leaves_its_bounds_is_refused() {
        let long = format!(r#"{{"ink":1,"width":9,"height":9,"strokes":[[{}1,1]]}}"#, "1,1,".repeat(2_000));
        let many = format!(r#"{{"ink":1,"width":9,"height":9,"strokes":[{}[1,1]]}}"#, "[1,1],".repeat(64));
        let heavy = " ".repeat(BLOB_BYTES_MAX);
        for (json, bad) in [
            (r#"{"ink":2,"width":9,"height":9,"strokes":[[1,1]]}"#, BadInk::Format),
            (r#"{"ink":1,"width":0,"height":9,"strokes":[[0,1]]}"#, BadInk::Box),
            (r#"{"ink":1,"width":9,"height":5000,"strokes":[[0,1]]}"#, BadInk::Box),
            (r#"{"ink":1,"width":9,"height":9,"strokes":[]}"#, BadInk::Empty),
            (r#"{"ink":1,"width":9,"height":9,"strokes":[[1,1],[]]}"#, BadInk::Empty),
            (r#"{"ink":1,"width":9,"height":9,"strokes":[[1,1,2]]}"#, BadInk::Pairs),
            (r#"{"ink":1,"width":9,"height":9,"strokes":[[1,10]]}"#, BadInk::Outside),
            (&long, BadInk::TooMuch),
            (&many, BadInk::TooMuch),
            (&heavy, BadInk::Shape("EOF while parsing a value at line 1 column 16384".to_owned())),
            (&format!("{heavy} "), BadInk::TooLarge),
        ] {
            assert_eq!(read(json), Err(bad), "{json:.80}");
        }
        for json in [
            "",
            "[]",
            r#"{"ink":1,"width":9,"height":9}"#,
            r#"{"ink":1,"width":9,"height":9,"strokes":[[-1,1]]}"#,
            r#"{"ink":1,"width":9,"height":9,"strokes":[[1.5,1]]}"#,
            r#"{"ink":1,"width":9,"height":9,"strokes":[[1,1]],"speed":[3]}"#,
            r#"{"ink":1,"width":9,"height":9,"strokes":[[1,1]]}x"#,
        ] {
            assert!(matches!(read(json), Err(BadInk::Shape(_))), "{json}");
        }
    }

    #[test]
    fn curves_pass_through_the_middles() {
        let ink = Ink::new(80, 20, vec![vec![0, 0, 10, 0, 10, 5, 20, 5], vec![3, 4], vec![1, 1, 2, 2]]).unwrap();
        let svg = ink.to_svg();
        assert!(svg.contains(r#"d="M0 0Q10 0 10 2.5Q10 5 15 5L20 5M1 1L2 2""#), "{svg}");
        assert!(svg.contains(r#"<circle cx="3" cy="4" r="0.5""#), "{svg}");
    }
}
