//! Bodies that come compressed although nobody asked for it: taken apart as they come, and bounded.

use std::io::{self, Write as _};

use flate2::write::{MultiGzDecoder, ZlibDecoder};

/// What is taken apart may be so many times larger than what came…
const RATIO: u64 = 200;
/// …once it is larger than this many bytes.
const SUSPECT: u64 = 16 << 20;

/// Takes a body apart.
pub(crate) enum Decoder {
    Identity,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Zlib(Box<ZlibDecoder<Vec<u8>>>),
}

/// Why a body cannot be taken apart.
#[derive(Debug)]
pub(crate) enum Undecodable {
    /// It is not what its header says, or was cut short.
    Damaged(io::Error),
    /// It grows beyond what any real document does.
    Bomb,
}

impl Decoder {
    /// For the value of `Content-Encoding`; `None` for a coding that nobody asked for and nobody here knows.
    pub(crate) fn of(coding: Option<&str>) -> Option<Self> {
        match coding.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            "deflate" => Some(Self::Zlib(Box::new(ZlibDecoder::new(Vec::new())))),
            _ => None,
        }
    }

    pub(crate) const fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// Takes a piece, and hands on what it holds: `came` and `given` count bytes before and behind the decoder.
    pub(crate) fn take(
        &mut self,
        piece: &[u8],
        (came, given): (u64, &mut u64),
        hand_on: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<io::Result<()>, Undecodable> {
        if self.is_identity() {
            *given += piece.len() as u64;
            return Ok(hand_on(piece));
        }
        // In small bites: what one of them holds is all that is in memory.
        for bite in piece.chunks(4_096) {
            let out = match self {
                Self::Identity => continue,
                Self::Gzip(decoder) => {
                    decoder.write_all(bite).map_err(Undecodable::Damaged)?;
                    decoder.get_mut()
                }
                Self::Zlib(decoder) => {
                    decoder.write_all(bite).map_err(Undecodable::Damaged)?;
                    decoder.get_mut()
                }
            };
            *given += out.len() as u64;
            if *given > SUSPECT && *given / RATIO > came {
                return Err(Undecodable::Bomb);
            }
            let handed = hand_on(out);
            out.clear();
            if handed.is_err() {
                return Ok(handed);
            }
        }
        Ok(Ok(()))
    }

    /// What is left at the end.
    pub(crate) fn end(self) -> Result<Vec<u8>, Undecodable> {
        match self {
            Self::Identity => Ok(Vec::new()),
            Self::Gzip(decoder) => decoder.finish().map_err(Undecodable::Damaged),
            Self::Zlib(decoder) => decoder.finish().map_err(Undecodable::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn decoded(coding: &str, bytes: &[u8]) -> Result<Vec<u8>, Undecodable> {
        let mut decoder = Decoder::of(Some(coding)).expect("known");
        let (mut out, mut given) = (Vec::new(), 0);
        decoder
            .take(bytes, (bytes.len() as u64, &mut given), &mut |piece| {
                out.extend_from_slice(piece);
                Ok(())
            })?
            .expect("memory");
        out.extend(decoder.end()?);
        Ok(out)
    }

    #[test]
    fn what_was_packed_is_the_same_again_and_what_is_cut_is_told() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&text).expect("memory");
        let gzip = gzip.finish().expect("memory");
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text).expect("memory");
        let zlib = zlib.finish().expect("memory");
        assert_eq!(decoded("GZIP", &gzip).expect("whole"), text);
        assert_eq!(decoded("deflate", &zlib).expect("whole"), text);
        assert_eq!(decoded("gzip", &[gzip.clone(), gzip.clone()].concat()).expect("both").len(), 2 * text.len());
        for cut in [1, 5, gzip.len() / 2, gzip.len() - 1] {
            assert!(matches!(decoded("gzip", &gzip[..cut]), Err(Undecodable::Damaged(_))), "{cut}");
        }
        assert!(matches!(decoded("gzip", &text), Err(Undecodable::Damaged(_))));
        assert!(Decoder::of(Some("br")).is_none() && Decoder::of(None).is_some_and(|decoder| decoder.is_identity()));
    }

    #[test]
    fn a_bomb_is_not_taken_apart() {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![0; 1 << 20];
        for _ in 0..64 {
            bomb.write_all(&zeros).expect("memory");
        }
        let bomb = bomb.finish().expect("memory");
        let mut decoder = Decoder::of(Some("gzip")).expect("known");
        let (mut most, mut given) = (0, 0);
        let ended = decoder.take(&bomb, (bomb.len() as u64, &mut given), &mut |piece| {
            most = most.max(piece.len());
            Ok(())
        });
        assert!(matches!(ended, Err(Undecodable::Bomb)), "{ended:?}");
        assert!(given < 32 << 20 && most < 8 << 20, "{given} bytes, {most} at once");
    }
}
