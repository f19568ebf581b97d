//! Imports of damaged files.

use crate::folder::{Folder, telling_lengths};
use crate::place::Place;
use jobline_tools::transfer::{export, import};

#[tokio::test]
async fn cut_files_are_refused_before_anything_is_written() {
    let (folder, to) = (Folder::new(), Place::empty());
    export(Place::small().await.engines(), &folder.path("all")).await.unwrap();
    let whole = std::fs::read(folder.path("all")).unwrap();
    for length in telling_lengths(&whole).into_iter().filter(|length| *length < whole.len()) {
        std::fs::write(folder.path("cut"), &whole[..length]).unwrap();
        let error = import(to.engines(), &folder.path("cut")).await.unwrap_err().to_string();
        assert!(error.contains("is cut") || error.contains("not a Jobline export"), "{length}: {error}");
        assert!(!error.contains('\n'));
        assert!(to.rows().await.is_empty() && to.files.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn damaged_files_are_refused_before_anything_is_written() {
    let (folder, to) = (Folder::new(), Place::empty());
    export(Place::small().await.engines(), &folder.path("all")).await.unwrap();
    let whole = std::fs::read(folder.path("all")).unwrap();
    for at in telling_lengths(&whole).into_iter().filter(|at| *at < whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(folder.path("damaged"), damaged).unwrap();
        let error = import(to.engines(), &folder.path("damaged")).await.unwrap_err().to_string();
        assert!(!error.contains('\n') && error.contains("damaged"), "{at}: {error}");
        assert!(to.rows().await.is_empty() && to.files.lock().unwrap().is_empty());
    }
    let twice = [whole.as_slice(), whole.as_slice()].concat();
    std::fs::write(folder.path("twice"), twice).unwrap();
    assert!(import(to.engines(), &folder.path("twice")).await.is_err());
    let newer = String::from_utf8_lossy(&whole).replacen("\"version\":1", "\"version\":2", 1);
    std::fs::write(folder.path("newer"), newer).unwrap();
    let error = import(to.engines(), &folder.path("newer")).await.unwrap_err().to_string();
    assert!(error.contains("version 2"), "{error}");
    assert!(import(to.engines(), &folder.path("missing")).await.unwrap_err().to_string().contains("missing"));
}
