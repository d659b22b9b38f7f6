//! Reading ahead on a separate thread: reading and decompression overlap with parsing.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A reader whose source is read on a separate thread.
///
/// Dropping it early ends the thread at its next chunk.
#[derive(Debug)]
pub(super) struct ReadAhead {
    chunks: Receiver<io::Result<Vec<u8>>>,
    used: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl ReadAhead {
    pub(super) fn new(source: impl Read + Send + 'static) -> io::Result<Self> {
        let (give, chunks) = sync_channel(CHUNKS);
        let (used, spare) = sync_channel(CHUNKS);
        std::thread::Builder::new().name("ldif-ahead".to_owned()).spawn(move || run(source, &give, &spare))?;
        Ok(Self { chunks, used, chunk: Vec::new(), taken: 0, ended: false })
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.chunk.len() && !self.ended {
            // A closed channel is an error: the end of the source is an empty chunk.
            let next = self.chunks.recv().map_err(|_| io::Error::other("the thread that reads ahead stopped"))??;
            self.ended = next.is_empty();
            let used = std::mem::replace(&mut self.chunk, next);
            self.taken = 0;
            let _ = self.used.try_send(used);
        }
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

fn run(mut source: impl Read, give: &SyncSender<io::Result<Vec<u8>>>, spare: &Receiver<Vec<u8>>) {
    loop {
        let mut chunk = spare.try_recv().unwrap_or_default();
        chunk.clear();
        let result = source.by_ref().take(CHUNK).read_to_end(&mut chunk);
        // The bytes before an error are valid. An empty chunk marks the end.
        let last = !matches!(result, Ok(1..));
        if (result.is_ok() || !chunk.is_empty()) && give.send(Ok(chunk)).is_err() {
            return;
        }
        if let Err(error) = result {
            let _ = give.send(Err(error));
        }
        if last {
            return;
        }
    }
}

const CHUNK: u64 = 256 << 10;

/// The maximum number of chunks in the queue.
const CHUNKS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    #[test]
    fn delivers_all_bytes_in_order() {
        let text: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut read = Vec::new();
        ReadAhead::new(io::Cursor::new(text.clone())).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == text);
    }

    #[test]
    fn delivers_the_bytes_before_an_error() {
        let mut read = Vec::new();
        let mut ahead = ReadAhead::new((&b"some text"[..]).chain(Failing)).unwrap();
        assert_eq!(ahead.read_to_end(&mut read).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read, b"some text");
    }

    #[test]
    fn reports_an_error_if_the_thread_panics() {
        struct Dying;
        impl Read for Dying {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                std::panic::resume_unwind(Box::new("dead"))
            }
        }
        let mut ahead = ReadAhead::new((&b"some text"[..]).chain(Dying)).unwrap();
        assert_eq!(ahead.read(&mut [0; 10]).unwrap_err().kind(), io::ErrorKind::Other);
    }

    #[test]
    fn can_be_dropped_before_the_end() {
        let mut ahead = ReadAhead::new(io::repeat(7)).unwrap();
        assert_eq!(ahead.read(&mut [0; 10]).unwrap(), 10);
    }
}
