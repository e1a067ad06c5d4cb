internal import KernelIO
internal import Synchronization

/// The state files of one user's container runtimes, or of the system's.
///
/// Only regular files of that user are read (root's for the system). A user's files must be small
/// and not reached through a symbolic link, because users control their content. A parsed file is
/// kept until it changes.
struct StateFiles: Sendable {
    /// A directory with runtime state.
    struct Place: Sendable {
        /// The part of the path that the system controls; empty if the user chose the whole path.
        var base: String
        var rest: String

        /// A path that the system controls.
        init(_ path: String) { (base, rest) = ("", path) }
        init(_ base: String, _ rest: String) { (self.base, self.rest) = (base, rest) }
    }

    /// The data directories of docker.
    let docker: [Place]
    /// The state directories of containerd, with the bundles of running containers.
    let containerd: [Place]
    /// The run roots and graph roots of containers/storage, used by CRI-O and podman.
    let storage: [Place]
    /// The parsed files.
    let parsed: ParsedFiles
    private let system: SystemRoot
    /// Nil for the system's files.
    private let user: UInt32?

    /// The system's files.
    init(_ system: SystemRoot, parsed: ParsedFiles) {
        self.system = system
        self.parsed = parsed
        user = nil
        containerd = [
            "/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd",
            "/var/snap/microk8s/common/run/containerd",
        ].map { Place($0) }
        storage = ["/run/containers/storage", "/var/lib/containers/storage"].map { Place($0) }
        let usual = ["/var/lib/docker", "/var/snap/docker/common/var-lib-docker"]
        let chosen = Self.dockerRoot(Place("/etc/docker"), system, nil)
        docker = ((chosen.map { [$0] } ?? []) + usual).map { Place($0) }
    }

    /// The files of an unprivileged user.
    ///
    /// Rootless containerd hides its state directory. For a user that is not in `/etc/passwd`, only
    /// `/run/user` is searched, because other lookups of the home may go over the network.
    init(_ system: SystemRoot, user: UInt32, parsed: ParsedFiles) {
        self.system = system
        self.user = user
        self.parsed = parsed
        containerd = []
        var storage = [Place("/run/user/\(user)", "containers")]
        var docker: [Place] = []
        if let home = Self.home(of: user, system) {
            storage.append(Place(home, ".local/share/containers/storage"))
            docker.append(Place(home, ".local/share/docker"))
            if let root = Self.dockerRoot(Place(home, ".config/docker"), system, user) {
                docker.insert(Place(root), at: 0)
            }
        }
        self.storage = storage
        self.docker = docker
    }

    /// The owner of the files; 0 for the system's.
    var owner: UInt32 { user ?? 0 }

    /// The maximum size of a file with one container, and of an index of all containers.
    static func most(of user: UInt32?) -> (single: Int, index: Int) {
        user == nil ? (1 << 20, 1 << 24) : (1 << 18, 1 << 19)
    }

    /// The records in a file by container ID, or under an empty key in a file of one container.
    ///
    /// Nil if the file is missing, untrusted or malformed, or if the search has reached its limit.
    func records(
        _ place: Place, _ name: String, isIndex: Bool = false, _ look: Look,
        _ parse: (_ bytes: [UInt8]) -> [String: ContainerRecord]?
    ) -> [String: ContainerRecord]? {
        guard look.mayGoOn else { return nil }
        look.note(bytes: 0)
        let path = "\(place.base)/\(place.rest)/\(name)"
        guard let file = try? Self.open(place, name, system, user) else {
            parsed.forget(path)
            return nil
        }
        if let known = parsed.records(path, file.stamp) { return known }
        let most = Self.most(of: user)
        var found: [String: ContainerRecord]?
        if let bytes = try? file.contents(most: isIndex ? most.index : most.single) {
            look.note(bytes: bytes.count)
            found = parse(bytes)
        }
        // A malformed file is remembered, too, until it changes.
        parsed.keep(path, file.stamp, found)
        return found
    }

    /// The strings in one object of a JSON text, by key; nil if the text is malformed.
    static func table(_ bytes: [UInt8], under key: String) -> [String: String]? {
        var found: [String: String] = [:]
        let isRead: ()? = try? JSONStrings.visit(bytes) { place, value in
            if place.count == 2, place[0] == key { found[place[1]] = value }
        }
        return isRead.map { found }
    }

    /// The names in a directory of the system; empty if it cannot be listed.
    ///
    /// Directories of users are never listed.
    static func names(in path: String, _ system: SystemRoot) -> [String] {
        let place = system.file(path)
        guard let directory = try? OwnedDescriptor.directory(Array(place.utf8)),
            let entries = try? directory.entries(path: place)
        else { return [] }
        return entries.map { String(decoding: $0.name, as: UTF8.self) }
    }

    private static func open(
        _ place: Place, _ name: String, _ system: SystemRoot, _ user: UInt32?
    ) throws(FileRefusal) -> RegularFile {
        guard let user else { return try TrustedFile.open(system.file("\(place.rest)/\(name)")) }
        guard !place.base.isEmpty else {
            return try TrustedFile.open(
                system.file("\(place.rest)/\(name)"), below: "", ownedBy: user)
        }
        return try TrustedFile.open(
            "\(place.rest)/\(name)", below: system.file(place.base), ownedBy: user)
    }

    /// The data directory in docker's configuration; nil if it is not set.
    private static func dockerRoot(
        _ place: Place, _ system: SystemRoot, _ user: UInt32?
    ) -> String? {
        guard let file = try? open(place, "daemon.json", system, user),
            let bytes = try? file.contents(most: 1 << 16)
        else { return nil }
        var root: String?
        try? JSONStrings.visit(bytes) { place, value in
            if place == ["data-root"], value.hasPrefix("/") { root = value }
        }
        return root
    }

    private static func home(of user: UInt32, _ system: SystemRoot) -> String? {
        let bytes = try? TrustedFile.contents(
            of: system.file("/etc/passwd"), most: most(of: nil).single)
        for line in String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 5, UInt32(fields[2]) == user, fields[5].hasPrefix("/") {
                return String(fields[5])
            }
        }
        return nil
    }
}
