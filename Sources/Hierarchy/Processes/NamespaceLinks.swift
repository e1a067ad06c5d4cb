public import CgroupModel

/// The kinds of namespaces, named as the links in `/proc/PID/ns`.
public enum NamespaceKind: String, CaseIterable, Sendable {
    case cgroup, ipc, mnt, net, pid
    case pidForChildren = "pid_for_children"
    case time
    case timeForChildren = "time_for_children"
    case user, uts

    /// What stands before the colon in the link: `pid` for `pid_for_children` too.
    var linkType: String {
        switch self {
        case .pidForChildren: "pid"
        case .timeForChildren: "time"
        default: rawValue
        }
    }
}

/// The namespaces in which a process lives, each by its inode.
public struct NamespaceLinks: Hashable, Sendable {
    /// How a process's namespace relates to another's.
    public enum Relation: Hashable, Sendable {
        /// Both live in the same one.
        case shared
        /// It lives in another one.
        case own
        /// One of the two is not known, and why.
        case unknown(Reading)
    }

    private var inodes: [NamespaceKind: Reading] = [:]

    /// Nothing known yet: every kind is absent, as on a kernel without it.
    public init() {}

    /// The inode of a namespace, or why it is not known.
    public subscript(kind: NamespaceKind) -> Reading {
        get { inodes[kind] ?? .absent }
        set { inodes[kind] = newValue }
    }

    /// The inode in the text of a link, `mnt:[4026531841]`; malformed if it is another text.
    public static func inode(of kind: NamespaceKind, link: [UInt8]) -> Reading {
        let opening = Array("\(kind.linkType):[".utf8)
        guard link.starts(with: opening), link.last == UInt8(ascii: "]") else { return .malformed }
        let text = ProcessFields(file: "ns", bytes: link)
        do {
            return Reading(try text.number(opening.count..<link.count - 1))
        } catch {
            return .malformed
        }
    }

    /// Whether a namespace is the one in which `reference` lives.
    public func relation(of kind: NamespaceKind, to reference: NamespaceLinks) -> Relation {
        let mine = self[kind]
        let other = reference[kind]
        guard let inode = mine.value else { return .unknown(mine) }
        guard let otherInode = other.value else { return .unknown(other) }
        return inode == otherInode ? .shared : .own
    }
}
