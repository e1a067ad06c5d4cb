package import CgroupModel

/// The namespace types, named like the links in `/proc/PID/ns`.
package enum NamespaceKind: String, CaseIterable, Sendable {
    case cgroup, ipc, mnt, net, pid
    case pidForChildren = "pid_for_children"
    case time
    case timeForChildren = "time_for_children"
    case user, uts

    /// The type before the colon in the link: `pid` also for `pid_for_children`.
    var linkType: String {
        switch self {
        case .pidForChildren: "pid"
        case .timeForChildren: "time"
        default: rawValue
        }
    }
}

/// The namespaces of a process, each identified by its inode.
package struct NamespaceLinks: Hashable, Sendable {
    /// The relation between the namespaces of two processes.
    package enum Relation: Hashable, Sendable {
        /// Both are in the same namespace.
        case shared
        /// The process is in another namespace.
        case own
        /// One of the two namespaces is unknown, with the reason.
        case unknown(Reading)
    }

    private var inodes: [NamespaceKind: Reading] = [:]

    /// Creates a value in which every namespace is absent, as on a kernel without them.
    package init() {}

    /// The inode of a namespace, or the reason why it is unknown.
    package subscript(kind: NamespaceKind) -> Reading {
        get { inodes[kind] ?? .absent }
        set { inodes[kind] = newValue }
    }

    /// Parses the inode from the text of a link, `mnt:[4026531841]`; malformed for any other text.
    package static func inode(of kind: NamespaceKind, link: [UInt8]) -> Reading {
        let opening = Array("\(kind.linkType):[".utf8)
        guard link.starts(with: opening), link.last == UInt8(ascii: "]") else { return .malformed }
        let text = ProcessFields(file: "ns", bytes: link)
        do {
            return Reading(try text.number(opening.count..<link.count - 1))
        } catch {
            return .malformed
        }
    }

    /// Compares a namespace with that of `reference`.
    package func relation(of kind: NamespaceKind, to reference: NamespaceLinks) -> Relation {
        let mine = self[kind]
        let other = reference[kind]
        guard let inode = mine.value else { return .unknown(mine) }
        guard let otherInode = other.value else { return .unknown(other) }
        return inode == otherInode ? .shared : .own
    }
}
