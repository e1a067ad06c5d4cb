internal import CgroupModel

/// The line `oom-kill:constraint=…,oom_memcg=…,task_memcg=…,task=…,pid=…,uid=…`.
struct OOMSummary: Sendable {
    /// The scope that ran out of memory.
    let constraint: OOMKill.Constraint
    /// The victim's process and user ID; nil if the line is truncated.
    let pid, uid: UInt64?
    /// The line up to the process ID.
    private let head: ArraySlice<UInt8>

    /// Parses a line as the kernel log escapes it.
    init(_ line: [UInt8]) {
        let words: ArraySlice<UInt8> = line[...].after("oom-kill:constraint=") ?? []
        let word = words.prefix(while: { $0 != UInt8(ascii: ",") })
        constraint =
            switch String(decoding: word, as: UTF8.self) {
            case "CONSTRAINT_MEMCG": .memcg
            case "CONSTRAINT_CPUSET": .cpuset
            case "CONSTRAINT_MEMORY_POLICY": .mempolicy
            default: .host
            }
        var rest = line[...]
        let uid = rest.takeNumber(behind: ",uid=")
        let pid = uid == nil ? nil : rest.takeNumber(behind: ",pid=")
        self.uid = uid
        self.pid = pid
        head = pid == nil ? line[...] : rest
    }

    /// Returns the victim's cgroup and the owner of the limit; nil for none, and if the line is
    /// truncated.
    ///
    /// `comm` is the victim's name, and `owner` is the owner from another line. All texts are
    /// escaped as in the log.
    func places(comm: [UInt8], owner: [UInt8]?) -> (cgroup: [UInt8]?, owner: [UInt8]?) {
        let tail = Array(",task=".utf8) + comm
        guard pid != nil,
            let end = head.suffix(tail.count).elementsEqual(tail)
                ? head.endIndex - tail.count : head.lastIndex(of: ",task=")
        else { return (nil, nil) }
        let body = head[..<end]
        let marker = ",task_memcg=/"
        guard let first = body.firstIndex(of: marker) else { return (nil, nil) }
        guard let start = body.firstIndex(of: ",oom_memcg=/"), start < first else {
            return (Array(body[(first + marker.utf8.count - 1)...]), nil)
        }
        let both = body[(start + ",oom_memcg=".utf8.count)...]
        let splits = both.indices(of: marker).map { position in
            (
                owner: Array(both[..<position]),
                cgroup: Array(both[(position + marker.utf8.count - 1)...])
            )
        }
        let split =
            splits.first { $0.owner == owner }
            ?? splits.first { OOMReport.isWithin($0.cgroup, $0.owner) } ?? splits.first
        return (split?.cgroup, split?.owner)
    }
}

extension ArraySlice where Element == UInt8 {
    /// The bytes after a prefix; nil if they begin otherwise.
    func after(_ prefix: String) -> ArraySlice<UInt8>? {
        starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count) : nil
    }

    /// Removes a number and the text before it from the end; nil if the end is different.
    mutating func takeNumber(behind key: String) -> UInt64? {
        let digits = reversed().prefix(while: \.isDigit).count
        let rest = dropLast(digits)
        guard digits > 0, rest.suffix(key.utf8.count).elementsEqual(key.utf8),
            let number = UInt64(String(decoding: suffix(digits), as: UTF8.self))
        else { return nil }
        self = rest.dropLast(key.utf8.count)
        return number
    }

    /// The positions of a text.
    func indices(of text: String) -> [Int] {
        let wanted = Array(text.utf8)
        guard count >= wanted.count else { return [] }
        return (startIndex...(endIndex - wanted.count)).filter {
            self[$0] == wanted[0] && self[$0...].starts(with: wanted)
        }
    }

    func firstIndex(of text: String) -> Int? { indices(of: text).first }

    func lastIndex(of text: String) -> Int? { indices(of: text).last }
}
