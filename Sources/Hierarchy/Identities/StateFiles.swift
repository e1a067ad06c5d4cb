internal import KernelIO
internal import Synchronization

/// The state files of one user's container runtimes, or of the machine's own.
///
/// Only what that user owns is read (the machine's: what root does), only regular files, of a user's
/// only small ones that no symbolic link leads to, and what was made of a file is kept for as long as
/// the file stays the same: a user may put anything there.
struct StateFiles: Sendable {
    /// A directory that runtimes keep their state in.
    struct Place: Sendable {
        /// The part that is the machine's; empty where all of the path is a user's word.
        var base: String
        var rest: String

        /// A path of the machine's own.
        init(_ path: String) { (base, rest) = ("", path) }
        init(_ base: String, _ rest: String) { (self.base, self.rest) = (base, rest) }
    }

    /// Where docker keeps its containers.
    let docker: [Place]
    /// Where containerd keeps the bundles of what runs.
    let containerd: [Place]
    /// The run roots and graph roots of containers/storage, of CRI-O and podman.
    let storage: [Place]
    /// What was made of the files.
    let parsed: ParsedFiles
    private let system: SystemRoot
    /// Nil for the machine's own.
    private let user: UInt32?

    /// The machine's own.
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

    /// Those of a user without privileges; rootless containerd keeps its own out of sight.
    ///
    /// Of a user that is not in `/etc/passwd` only `/run/user` is known: others may take the network
    /// to be found.
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

    /// Whose they are; 0 for the machine's own.
    var owner: UInt32 { user ?? 0 }

    /// The most that is read of a file with one container, and of one with all of a user's.
    static func most(of user: UInt32?) -> (single: Int, index: Int) {
        user == nil ? (1 << 20, 1 << 24) : (1 << 18, 1 << 19)
    }

    /// What a file says of containers, by their identifiers or for a file of one by nothing; nil if
    /// it is not there, may not be believed, is no text of its kind, or if the look is over.
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
        // What makes no sense makes none until the file is another one.
        parsed.keep(path, file.stamp, found)
        return found
    }

    /// The strings of one object of a JSON text by their keys; nil if it is none.
    static func table(_ bytes: [UInt8], under key: String) -> [String: String]? {
        var found: [String: String] = [:]
        let isRead: ()? = try? JSONStrings.visit(bytes) { place, value in
            if place.count == 2, place[0] == key { found[place[1]] = value }
        }
        return isRead.map { found }
    }

    /// The names in a directory of the machine's own; none if it cannot be listed.
    ///
    /// No user's is ever listed.
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

    /// Where the configuration of docker has it keep its containers, if it says so.
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
