//! Where a path leads on this machine.

use std::path::{Component, Path, PathBuf};

/// The path with every symbolic link followed; what does not exist yet hangs below its deepest folder that does. `None`
/// when nobody can say: a loop, a link to nothing, no permission, a name that is not text.
pub(super) fn real(path: &str) -> Option<String> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return None;
    }
    let components: Vec<Component<'_>> = path.components().collect();
    let mut existing = PathBuf::new();
    let mut count = 0;
    for component in &components {
        let next = existing.join(component);
        match next.symlink_metadata() {
            Ok(_) => existing = next,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            Err(_) => return None,
        }
        count += 1;
    }
    // Of what does not exist nobody can say where it goes up to.
    let missing = components.get(count..)?;
    if missing.contains(&Component::ParentDir) {
        return None;
    }
    // Fails for a link to nothing: what is made through it is made elsewhere.
    let mut real = existing.canonicalize().ok()?;
    if !missing.is_empty() && !real.is_dir() {
        return None;
    }
    real.extend(missing);
    real.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn where_paths_lead() {
        let folder = std::env::temp_dir().join(format!("doorward-paths-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("proj/sub")).unwrap();
        std::fs::create_dir_all(folder.join("proj-evil")).unwrap();
        std::fs::write(folder.join("proj/file"), "x").unwrap();
        let base = folder.canonicalize().unwrap();
        for (link, to) in [("out", "../proj-evil"), ("in", "sub"), ("loop", "loop"), ("nowhere", "../nothing")] {
            drop(symlink(to, folder.join("proj").join(link)));
        }
        let cases = [
            ("proj/file", Some("proj/file")),
            ("proj/../proj-evil", Some("proj-evil")),
            ("proj/out", Some("proj-evil")),
            ("proj/out/new/file", Some("proj-evil/new/file")),
            ("proj/out/../x", Some("x")),
            ("proj/in/../file", Some("proj/file")),
            ("proj/new/deep/file", Some("proj/new/deep/file")),
            ("proj/new/../file", None),
            ("proj/loop", None),
            ("proj/nowhere", None),
            ("proj/nowhere/x", None),
            ("proj/file/x", None),
        ];
        for (path, expected) in cases {
            let expected = expected.map(|expected| base.join(expected).to_str().unwrap().to_owned());
            assert_eq!(real(base.join(path).to_str().unwrap()), expected, "{path}");
        }
        assert_eq!(real("proj"), None, "relative");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
