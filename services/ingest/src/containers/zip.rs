//! ZIP archives. Source: APPNOTE.TXT 6.3.10 of PKWARE, sections 4.3 to 4.5.

use super::entry::{Container, Each, File, Found};
use crate::problem;
use crate::unpack::{Packing, Sealed, Seekable};
use rawzip::{
    CompressionMethod, Error, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive,
    ZipFileHeaderRecord, ZipLocator,
};

/// The container.
pub const CONTAINER: Container = Container { recognises, list };

/// Longest name that is kept.
const NAME_MAX_BYTES: usize = 512;
/// The one file that every Office document has.
const OFFICE: &[u8] = b"[Content_Types].xml";

fn recognises(head: &[u8]) -> bool {
    // The second is an archive of no files.
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

fn list(source: &Seekable<'_>, each: &mut Each<'_>) -> Result<(), String> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let located =
        ZipLocator::new().locate_in_reader(source.clone(), &mut buffer, source.size_bytes());
    let archive = located.map_err(|(_, error)| words(&error))?;
    if is_office(&archive, &mut buffer) {
        return Err("it is an Office document: save its sheet as CSV".to_owned());
    }
    files(&archive, &mut buffer, each)
}

fn is_office(archive: &ZipArchive<Seekable<'_>>, buffer: &mut [u8]) -> bool {
    let mut entries = archive.entries(buffer);
    while let Ok(Some(entry)) = entries.next_entry() {
        if entry.file_path().as_bytes() == OFFICE {
            return true;
        }
    }
    false
}

/// Hands out the files; the error is what is wrong with the archive behind the last of them.
fn files(
    archive: &ZipArchive<Seekable<'_>>,
    buffer: &mut [u8],
    each: &mut Each<'_>,
) -> Result<(), String> {
    let mut entries = archive.entries(buffer);
    let (mut listed, mut handed_out) = (0_u64, 0_u64);
    while let Some(entry) = entries.next_entry().map_err(|error| words(&error))? {
        listed += 1;
        let name = String::from_utf8_lossy(entry.file_path().as_bytes());
        let path = problem::line(&name, NAME_MAX_BYTES);
        if is_passed_over(&name) {
            continue;
        }
        handed_out += 1;
        let file = file_of(archive, &entry);
        if each(Found { path, file }).is_break() {
            return Ok(());
        }
    }
    let stated = archive.entries_hint();
    // Writers of old count beyond 65535 as the field overflows.
    if listed != stated && listed & 0xffff != stated {
        return Err(format!(
            "the ZIP archive lists {listed} entries where it says it has {stated}"
        ));
    }
    if handed_out == 0 {
        return Err("the ZIP archive holds no files".to_owned());
    }
    Ok(())
}

/// Directories, and what macOS leaves in every archive it makes.
fn is_passed_over(path: &str) -> bool {
    let mut parts = path.split('/');
    path.ends_with('/')
        || parts.clone().any(|part| part == "__MACOSX")
        || parts.next_back() == Some(".DS_Store")
}

fn file_of(
    archive: &ZipArchive<Seekable<'_>>,
    entry: &ZipFileHeaderRecord<'_>,
) -> Result<File, String> {
    if entry.flags().is_encrypted() {
        return Err("the file is encrypted".to_owned());
    }
    let packing = match entry.compression_method() {
        CompressionMethod::STORE => Packing::Stored,
        CompressionMethod::DEFLATE => Packing::Deflated,
        other => return Err(not_read(other)),
    };
    let placed = archive.get_entry(entry.wayfinder());
    let (start, end) = placed
        .map_err(|_| "the file is not where the ZIP archive says".to_owned())?
        .compressed_data_range();
    Ok(File {
        range: start..end,
        packing,
        sealed: Sealed {
            size_bytes: entry.uncompressed_size_hint(),
            crc32: entry.crc32(),
        },
    })
}

fn not_read(method: CompressionMethod) -> String {
    let name = match method.as_u16() {
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "Zstandard",
        95 => "XZ",
        number => return format!("the file is compressed by method {number}, not by Deflate"),
    };
    format!("the file is compressed by {name}, not by Deflate")
}

/// In our own words: they end up in events, which must not change with a library.
fn words(error: &Error) -> String {
    match error.kind() {
        ErrorKind::MissingEndOfCentralDirectory => {
            "the ZIP archive is cut off: its table of contents, which stands at the end, is missing"
        }
        _ => "the table of contents of the ZIP archive is damaged",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mac_leaves_behind_is_no_file() {
        let left = [
            "a/",
            "__MACOSX/a.csv",
            "x/__MACOSX/._a",
            ".DS_Store",
            "a/.DS_Store",
        ];
        for path in left {
            assert!(is_passed_over(path), "{path}");
        }
        for path in ["a.csv", "a/b.csv", "MACOSX/a", "a.DS_Store"] {
            assert!(!is_passed_over(path), "{path}");
        }
    }
}
