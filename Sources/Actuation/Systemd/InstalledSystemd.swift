internal import KernelIO

/// Facts about systemd that need no connection to it.
enum InstalledSystemd {
    /// Whether the host runs systemd (sd_booted(3)).
    static var isRunning: Bool {
        (try? OwnedDescriptor.directory(Array("/run/systemd/system".utf8))) != nil
    }

    /// The version in the name of its shared library; nil if that is not found.
    static var version: String? {
        let places = [
            "/usr/lib/systemd", "/usr/lib/x86_64-linux-gnu/systemd",
            "/usr/lib/aarch64-linux-gnu/systemd", "/usr/lib64/systemd",
        ]
        let prefix = "libsystemd-shared-"
        for place in places {
            guard let directory = try? OwnedDescriptor.directory(Array(place.utf8)),
                let entries = try? directory.entries(path: place)
            else { continue }
            for entry in entries {
                let name = entry.name.pathText
                guard name.hasPrefix(prefix), name.hasSuffix(".so") else { continue }
                return String(name.dropFirst(prefix.count).dropLast(3))
            }
        }
        return nil
    }
}
