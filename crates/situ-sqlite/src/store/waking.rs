//! Waking across stores on one file: by the doorbell alone, and without it.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::task::{Wake, Waker};
use std::thread;

use super::tests::{NOW, append, batch, in_file};
use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// So long that nothing is noticed without a doorbell.
const NO_NET: Duration = Duration::from_secs(3600);

fn bells(log: &Path) -> PathBuf {
    log.with_file_name("log.db-bells")
}

fn sockets(log: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(bells(log)).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn until(mut is_so: impl FnMut() -> bool) {
    let start = Moment::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain");
        thread::yield_now();
    }
}

/// A store that has begun to listen, and rings no more for having begun.
fn listening(path: &Path, net: Duration) -> SqliteStore {
    let store = SqliteStore {
        net,
        ..SqliteStore::open(path).unwrap()
    };
    until(|| store.bell().rings() > 0);
    store
}

#[test]
fn whoever_listens_is_rung_for_what_another_store_appends_by_whatever_name() {
    in_file(|path, store| {
        let (link, inner) = (path.with_file_name("link.db"), path.with_file_name("in"));
        symlink(path, &link).unwrap();
        fs::create_dir(&inner).unwrap();
        for (name, number) in [path, &link, &inner.join("../log.db")].into_iter().zip(1..) {
            let listener = listening(name, NO_NET);
            assert_eq!(sockets(path).len(), 1);
            let rings = listener.bell().rings();
            append(store, number).unwrap();
            assert!(listener.bell().wait(rings, PATIENCE), "{name:?}");
        }
    });
}

#[test]
fn what_adds_nothing_rings_nowhere() {
    in_file(|path, store| {
        append(store, 1).unwrap();
        let listener = listening(path, NO_NET);
        let rings = [store.bell.rings(), listener.bell().rings()];
        append(store, 1).unwrap();
        let late = store.append(
            &batch(2),
            &Condition::Heads([(batch(2)[0].situation.clone(), Position::START)].into()),
            NOW,
        );
        assert!(late.is_err());
        append(&listener, 3).unwrap();
        assert_eq!(
            [store.bell.rings(), listener.bell().rings()],
            [rings[0], rings[1] + 1]
        );
    });
}

#[test]
fn a_doorbell_somebody_took_away_is_hung_anew_and_nothing_is_missed() {
    in_file(|path, store| {
        let listener = listening(path, listener::NET);
        for number in 1..4 {
            fs::remove_dir_all(bells(path)).unwrap();
            let rings = listener.bell().rings();
            append(store, number).unwrap();
            assert!(listener.bell().wait(rings, PATIENCE));
            assert_eq!(listener.head().unwrap().get(), u64::from(number) * 20);
            until(|| sockets(path).len() == 1);
        }
    });
}

#[test]
fn where_no_doorbell_can_hang_the_file_is_looked_at() {
    let check = |path: &Path| {
        let store = SqliteStore::create(path).unwrap();
        let other = listening(path, listener::NET);
        for number in 1..4 {
            let rings = other.bell().rings();
            append(&store, number).unwrap();
            assert!(other.bell().wait(rings, PATIENCE));
            assert_eq!(other.head().unwrap().get(), u64::from(number) * 20);
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    fs::write(bells(&path), "in the way").unwrap();
    check(&path);
    assert_eq!(fs::read_to_string(bells(&path)).unwrap(), "in the way");
    let deep = folder.path().join("deep".repeat(30));
    fs::create_dir(&deep).unwrap();
    check(&deep.join("log.db"));
    let left: Vec<_> = fs::read_dir(&deep).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_the_dead_left_is_cleared_away_and_what_is_no_doorbell_stays() {
    in_file(|path, store| {
        let folder = bells(path);
        fs::create_dir(&folder).unwrap();
        drop(UnixDatagram::bind(folder.join("dead")).unwrap());
        fs::write(folder.join("a file"), "").unwrap();
        append(store, 1).unwrap();
        assert_eq!(sockets(path), [folder.join("a file")]);
        fs::remove_file(folder.join("a file")).unwrap();
        drop(UnixDatagram::bind(folder.join("dead")).unwrap());
        append(store, 2).unwrap();
        assert!(!folder.exists());
    });
}

#[test]
fn who_never_answers_the_door_holds_nobody_up() {
    in_file(|path, store| {
        fs::create_dir(bells(path)).unwrap();
        let deaf = UnixDatagram::bind(bells(path).join("deaf")).unwrap();
        let listener = listening(path, NO_NET);
        let sender = UnixDatagram::unbound().unwrap();
        sender.set_nonblocking(true).unwrap();
        while sender.send_to(&[1], bells(path).join("deaf")).is_ok() {}
        let rings = listener.bell().rings();
        append(store, 1).unwrap();
        assert!(listener.bell().wait(rings, PATIENCE));
        drop(deaf);
    });
}

#[test]
fn a_store_that_is_dropped_takes_its_doorbell_and_thread_along() {
    in_file(|path, store| {
        let one = listening(path, NO_NET);
        let other = listening(path, NO_NET);
        let bell = Arc::clone(&one.bell);
        assert_eq!(sockets(path).len(), 2);
        drop(one);
        assert_eq!((Arc::strong_count(&bell), sockets(path).len()), (1, 1));
        drop(other);
        assert!(!bells(path).exists());
        append(store, 1).unwrap();
        store.wait_after(Position::START, PATIENCE).unwrap();
        assert!(!bells(path).exists(), "nobody had to wait");
    });
}

/// A task that keeps its store open.
struct Holds(#[expect(dead_code, reason = "is dropped")] SqliteStore);

impl Wake for Holds {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_store_may_be_dropped_by_the_waker_it_calls() {
    in_file(|path, store| {
        let held = listening(path, NO_NET);
        let bell = Arc::clone(&held.bell);
        let waker = Waker::from(Arc::new(Holds(held)));
        let key = bell.key();
        while bell.poll(key, bell.rings(), &waker).is_ready() {}
        drop(waker);
        append(store, 1).unwrap();
        until(|| Arc::strong_count(&bell) == 1);
        assert!(!bells(path).exists());
    });
}

#[test]
fn a_look_without_trace_leaves_none_while_it_waits() {
    in_file(|path, store| {
        append(store, 1).unwrap();
        let folder = path.parent().unwrap();
        let names = || {
            let mut names: Vec<_> = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            names.sort();
            names
        };
        let before = names();
        let look = SqliteStore::open_without_trace(path).unwrap();
        let head = look
            .wait_after(Position::new(20), listener::NET * 2)
            .unwrap();
        assert_eq!((head.get(), names()), (20, before.clone()));
        append(store, 2).unwrap();
        let head = look.wait_after(head, PATIENCE).unwrap();
        assert_eq!((head.get(), names()), (40, before));
    });
}
