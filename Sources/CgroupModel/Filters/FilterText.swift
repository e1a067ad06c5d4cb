/// A text of a cgroup that a filter compares.
enum FilterText: String, CaseIterable, Sendable {
    case path, name, state, unit, slice, container, pod, namespace, image, runtime, kind

    /// The texts of a cgroup, of which any may match; empty if the cgroup has none.
    func values(of subject: FilterSubject) -> [String] {
        let identity = subject.identity
        switch self {
        case .path: return [subject.path.text]
        case .name: return [subject.path.name, subject.title].compactMap(\.self)
        case .state:
            guard let state = CgroupFigures(subject.snapshot, subject.index).state else {
                return []
            }
            // `throttled by /a` is also `throttled`.
            return [state]
                + (state.firstRange(of: " by ").map { [String(state[..<$0.lowerBound])] } ?? [])
        case .unit: return [identity.unit, identity.unit.map(UnitName.readable)].compactMap(\.self)
        case .slice: return [identity.slice].compactMap(\.self)
        case .container:
            return [identity.container, identity.containerID].compactMap(\.self)
        case .pod: return [identity.pod, identity.podUID].compactMap(\.self)
        case .namespace: return [identity.namespace].compactMap(\.self)
        case .image: return [identity.image].compactMap(\.self)
        case .runtime: return [identity.runtime].compactMap(\.self)
        case .kind: return [identity.kind.rawValue]
        }
    }

    /// The texts that are searched for a word without a field.
    static let searched: [FilterText] = [.path, .name, .unit, .container, .pod, .state]
}

/// A cgroup that a filter examines.
package struct FilterSubject {
    let snapshot: Snapshot
    let index: Int
    let title: String?
    private let known: CgroupIdentity?

    /// Creates a subject from a cgroup of a snapshot; by default, its path gives the identity.
    package init(
        _ snapshot: Snapshot, _ index: Int, identity: CgroupIdentity? = nil, title: String? = nil
    ) {
        self.snapshot = snapshot
        self.index = index
        known = identity
        self.title = title ?? identity?.title
    }

    var path: CgroupPath { snapshot.cgroups[index].path }
    var identity: CgroupIdentity { known ?? CgroupIdentity(path) }
}

/// A word that a text must contain or, as a pattern, match; the case of ASCII letters is ignored.
struct FilterPattern: Hashable, Sendable {
    private let plain: [UInt8]
    private let glob: Glob?

    /// Parses a word; nil if it is a pattern with an unclosed bracket or brace.
    init?(_ word: String) {
        let lower = word.asciiLowercased
        plain = Array(lower.utf8)
        guard word.contains(where: { "*?[{".contains($0) }) else {
            glob = nil
            return
        }
        guard let glob = Glob(lower, separator: nil) else { return nil }
        self.glob = glob
    }

    /// Whether a whole text matches.
    func matches(_ text: String) -> Bool {
        let lower = text.asciiLowercased
        return glob.map { $0.matches(lower) } ?? lower.utf8.elementsEqual(plain)
    }

    /// Whether a text contains the word; a pattern must match the whole text.
    func occurs(in text: String) -> Bool {
        if let glob { return glob.matches(text.asciiLowercased) }
        return occurs(in: Array(text.utf8))
    }

    /// Whether bytes contain the word; false for a pattern.
    func occurs(in text: [UInt8]) -> Bool {
        guard glob == nil, text.count >= plain.count else { return false }
        guard let first = plain.first else { return true }
        for start in 0...(text.count - plain.count)
        where text[start].asciiLower == first {
            if plain.indices.allSatisfy({ text[start + $0].asciiLower == plain[$0] }) {
                return true
            }
        }
        return false
    }
}

extension UInt8 {
    fileprivate var asciiLower: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}

extension String {
    /// The string with A to Z in lower case and everything else unchanged.
    fileprivate var asciiLowercased: String {
        String(decoding: utf8.map(\.asciiLower), as: UTF8.self)
    }
}
