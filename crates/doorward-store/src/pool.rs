//! Connections that follow the file: one of a file that was moved away or replaced is never asked again.
//!
//! Responsible for that what is read and written beside the writer is in the file that stands at the store's place. It must
//! never make that file: while there is none, whoever asks is told so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

use crate::limits::{READER_TIMEOUT, REPLACED_DOUBT};
use crate::place::{FileIdentity, Place};

/// Connections to a place, opened when they are needed first.
pub(crate) fn over(place: &Place, options: &SqliteConnectOptions, most: u32) -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(most).acquire_timeout(READER_TIMEOUT);
    if place.is_memory() {
        return pool.connect_lazy_with(options.clone());
    }
    let seen = Mutex::new(Seen { file: place.file_identity(), sound_from: None });
    let watch = Arc::new(Watch { place: place.clone(), seen });
    let connected = Arc::clone(&watch);
    pool.after_connect(move |_, _| {
        connected.look();
        Box::pin(std::future::ready(Ok(())))
    })
    .before_acquire(move |_, connection| {
        let sound = watch.is_sound(connection.age);
        Box::pin(std::future::ready(Ok(sound)))
    })
    .connect_lazy_with(options.clone())
}

#[derive(Debug)]
struct Watch {
    place: Place,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    file: Option<FileIdentity>,
    /// Connections made before may be of another file.
    sound_from: Option<Instant>,
}

impl Watch {
    /// Looks which file is there, and when that has changed; from when on connections are of this one.
    fn look(&self) -> Option<Instant> {
        let file = self.place.file_identity();
        // The two values are changed together by plain assignments.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.file != file {
            // One that was being opened meanwhile can be of either file.
            *seen = Seen { file, sound_from: Some(Instant::now() + REPLACED_DOUBT) };
        }
        seen.sound_from
    }

    fn is_sound(&self, age: Duration) -> bool {
        let made = Instant::now().checked_sub(age);
        self.look().is_none_or(|from| made.is_some_and(|made| made >= from))
    }
}
