//! Pictures in data URIs: their bytes, format and size.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::parts::Image;

/// Lenient on padding: what writes data URIs often is.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The formats that are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
    /// SVG.
    Svg,
}

impl ImageFormat {
    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Svg => "svg",
        }
    }

    /// The format by a file's first bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            _ => {
                let head = bytes.get(..bytes.len().min(512)).unwrap_or_default();
                head.windows(4)
                    .any(|window| window == b"<svg")
                    .then_some(Self::Svg)
            }
        }
    }
}

/// A picture, decoded from its data URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageData {
    /// The format, by the bytes rather than by what the URI says.
    pub format: ImageFormat,
    /// Width and height in pixels, if the format's header has them.
    pub size: Option<(u32, u32)>,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

impl Image {
    /// Decodes the picture; none when `src` is not a data URI with base64 of a known format.
    #[must_use]
    pub fn decode(&self) -> Option<ImageData> {
        let (kind, data) = self.src.strip_prefix("data:")?.split_once(',')?;
        if !kind.contains("base64") {
            return None;
        }
        let encoded: Vec<u8> = data.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let bytes = BASE64.decode(encoded).ok()?;
        let format = ImageFormat::of(&bytes)?;
        Some(ImageData {
            format,
            size: size(format, &bytes),
            bytes,
        })
    }
}

fn size(format: ImageFormat, bytes: &[u8]) -> Option<(u32, u32)> {
    let be = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let le = |at: usize| {
        Some(u32::from(u16::from_le_bytes(
            bytes.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    match format {
        ImageFormat::Png => Some((be(16)?, be(20)?)),
        ImageFormat::Gif => Some((le(6)?, le(8)?)),
        ImageFormat::Jpeg => jpeg_size(bytes),
        ImageFormat::WebP => match bytes.get(12..16)? {
            b"VP8 " => Some((le(26)? & 0x3fff, le(28)? & 0x3fff)),
            b"VP8L" => {
                let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
                Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
            }
            b"VP8X" => {
                let three = |at: usize| Some(le(at)? | u32::from(*bytes.get(at + 2)?) << 16);
                Some((three(24)? + 1, three(27)? + 1))
            }
            _ => None,
        },
        ImageFormat::Svg => None,
    }
}

/// The size is in the frame header, behind segments that are skipped by their lengths.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    loop {
        let [0xff, marker, hi, lo, body @ ..] = rest else {
            return None;
        };
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let [_, h1, h0, w1, w0, ..] = body else {
                return None;
            };
            let number = |hi: u8, lo: u8| u32::from(u16::from_be_bytes([hi, lo]));
            return Some((number(*w1, *w0), number(*h1, *h0)));
        }
        let len = usize::from(u16::from_be_bytes([*hi, *lo]));
        rest = rest.get(len.checked_add(2)?..)?;
    }
}
