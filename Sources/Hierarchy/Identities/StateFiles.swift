internal import KernelIO

/// The state files of one user's container runtimes, or of the machine's own.
///
/// Only what that user owns is read (the machine's: what root does), only regular files, and of each
/// no more than `most` bytes: a user may put anything there.
struct StateFiles: Sendable {
    /// Where docker keeps its containers.
    let docker: [String]
    /// Where containerd keeps the bundles of what runs.
    let containerd: [String]
    /// The run roots and graph roots of containers/storage, of CRI-O and podman.
    let storage: [String]
    private let system: SystemRoot
    private let user: UInt32?

    private static let most = 1 << 20

    /// The machine's own.
    init(_ system: SystemRoot) {
        self.system = system
        user = nil
        containerd = [
            "/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd",
            "/var/snap/microk8s/common/run/containerd",
        ]
        storage = ["/run/containers/storage", "/var/lib/containers/storage"]
        let usual = ["/var/lib/docker", "/var/snap/docker/common/var-lib-docker"]
        docker = Self.dockerRoots("/etc/docker/daemon.json", system, nil) + usual
    }

    /// Those of a user without privileges; rootless containerd keeps its own out of sight.
    ///
    /// Of a user that is not in `/etc/passwd` only `/run/user` is known: others may take the network
    /// to be found.
    init(_ system: SystemRoot, user: UInt32) {
        self.system = system
        self.user = user
        containerd = []
        let home = Self.home(of: user, system)
        storage =
            ["/run/user/\(user)/containers"]
            + (home.map { ["\($0)/.local/share/containers/storage"] } ?? [])
        docker =
            home.map { home in
                Self.dockerRoots("\(home)/.config/docker/daemon.json", system, user)
                    + ["\(home)/.local/share/docker"]
            } ?? []
    }

    /// Gives the strings of a JSON file to `body`; false if it cannot be read to its end.
    func strings(
        _ path: String, most: Int = Self.most, _ body: ([String], String) -> Void
    ) -> Bool {
        guard
            let bytes = try? TrustedFile.contents(
                of: system.file(path), most: most, ownedBy: user)
        else { return false }
        return (try? JSONStrings.visit(bytes, body)) != nil
    }

    /// The strings of one object of a JSON file by their keys; nil if it cannot be read.
    func table(_ path: String, under key: String) -> [String: String]? {
        var found: [String: String] = [:]
        let isRead = strings(path) { place, value in
            if place.count == 2, place[0] == key { found[place[1]] = value }
        }
        return isRead ? found : nil
    }

    /// The lines of a file; nil if it cannot be read.
    func lines(_ path: String) -> [Substring]? {
        (try? TrustedFile.contents(of: system.file(path), most: Self.most, ownedBy: user)).map {
            String(decoding: $0, as: UTF8.self).split(separator: "\n")
        }
    }

    /// The names in a directory; none if it cannot be listed.
    func names(in path: String) -> [String] {
        let place = system.file(path)
        guard let directory = try? OwnedDescriptor.directory(Array(place.utf8)),
            let entries = try? directory.entries(path: place)
        else { return [] }
        return entries.map { String(decoding: $0.name, as: UTF8.self) }
    }

    /// Where the configuration of docker has it keep its containers, if it says so.
    private static func dockerRoots(
        _ file: String, _ system: SystemRoot, _ user: UInt32?
    ) -> [String] {
        var roots: [String] = []
        let bytes = try? TrustedFile.contents(of: system.file(file), most: most, ownedBy: user)
        try? JSONStrings.visit(bytes ?? []) { place, value in
            if place == ["data-root"], value.hasPrefix("/") { roots.append(value) }
        }
        return roots
    }

    private static func home(of user: UInt32, _ system: SystemRoot) -> String? {
        let bytes = try? TrustedFile.contents(of: system.file("/etc/passwd"), most: most)
        for line in String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 5, UInt32(fields[2]) == user, fields[5].hasPrefix("/") {
                return String(fields[5])
            }
        }
        return nil
    }
}
