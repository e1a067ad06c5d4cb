internal import CLinux
internal import Glibc

/// The user and groups that a process runs as.
package struct UserAccount: Hashable, Sendable {
    /// The user ID and the primary group ID.
    package let user: UInt32, group: UInt32
    /// The IDs of all groups, the primary one included.
    package let groups: [UInt32]

    /// Looks up a user by name or ID (getpwnam_r(3), getgrouplist(3)).
    ///
    /// Nil if there is no such user, or if it is in more than 256 groups.
    package init?(_ name: String) throws(IOError) {
        let found = try AccountEntry.find("user \(name)") {
            (room: inout [CChar]) -> (code: Int32, found: UserAccount?) in
            var entry = unsafe passwd()
            var groups = [gid_t](repeating: 0, count: 256)
            var count = Int32(groups.count)
            var isComplete = false
            let code = unsafe room.withUnsafeMutableBufferPointer { room -> Int32 in
                var result: UnsafeMutablePointer<passwd>?
                guard let base = room.baseAddress else { return ERANGE }
                let code =
                    if let number = UInt32(name) {
                        unsafe getpwuid_r(number, &entry, base, room.count, &result)
                    } else {
                        unsafe getpwnam_r(name, &entry, base, room.count, &result)
                    }
                guard code == 0, unsafe result != nil else { return code }
                isComplete =
                    unsafe getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) >= 0
                return code
            }
            guard isComplete else { return (code, nil) }
            let user = unsafe entry.pw_uid
            let group = unsafe entry.pw_gid
            let account = UserAccount(
                user: user, group: group, groups: Array(groups.prefix(Int(count))))
            return (code, account)
        }
        guard let found else { return nil }
        self = found
    }

    private init(user: UInt32, group: UInt32, groups: [UInt32]) {
        self.user = user
        self.group = group
        self.groups = groups
    }
}

/// A process isolated from this one.
///
/// It has its own session and environment, /dev/null as its input, a pipe for its output, and
/// optionally another user.
package struct ApartProcess: ~Copyable, Sendable {
    /// The process.
    package let child: ChildProcess
    /// The read end of the output pipe: non-blocking, and readable for poll(2).
    package let output: OwnedDescriptor

    /// Starts a command, given by its absolute path, inside cgroups.
    ///
    /// Throws the failed step and its reason. `patience`, `signs` and `isGivenUp` limit the wait
    /// for the start, as in ``StartingProcess/finish(within:unless:isGivenUp:)``.
    package static func start(
        _ command: [String], environment: [String], account: UserAccount?, in birthplace: Int32?,
        joining memberships: [Int32], within patience: Duration? = nil, unless signs: Int32? = nil,
        isGivenUp: () -> Bool = { false }
    ) throws(SpawnError) -> ApartProcess {
        var ends: [Int32] = [-1, -1]
        guard unsafe cgw_pipe(&ends) == 0 else { throw SpawnError(.process, code: errno) }
        let output = OwnedDescriptor(adopting: ends[0])
        let writing = OwnedDescriptor(adopting: ends[1])
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let request = SpawnRequest(
            command, birthplace: birthplace, memberships: memberships,
            apart: SpawnRequest.Apart(
                environment: environment, output: writing.number, account: account))
        let starting = try request.begin()
        _ = consume writing
        let child = try starting.finish(within: patience, unless: signs, isGivenUp: isGivenUp)
        return ApartProcess(child: child, output: output)
    }

    private init(child: consuming ChildProcess, output: consuming OwnedDescriptor) {
        self.child = child
        self.output = output
    }

    /// Sends a signal to its process group (kill(2)); the process must not be reaped yet.
    package borrowing func signalGroup(_ signal: EndingSignal) { kill(-child.pid, signal.number) }

    /// Reads the output available now, so that the process never blocks on it.
    ///
    /// `output` keeps at most `limit` bytes; the rest is discarded. Returns false once every writer
    /// has closed the pipe or the read fails.
    package borrowing func drain(into output: inout [UInt8], limit: Int) -> Bool {
        // Bounded, because endless output must not prevent the caller's check of its deadline.
        for _ in 0..<64 {
            guard let bytes = read() else { return false }
            if bytes.isEmpty { return true }
            output += bytes.prefix(max(limit - output.count, 0))
        }
        return true
    }

    private borrowing func read() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16384)
        let got = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe Glibc.read(output.number, raw.baseAddress, raw.count)
        }
        if got < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
        return got == 0 ? nil : Array(bytes[..<got])
    }
}

extension ChildProcess {
    /// Whether it has exited (poll(2) on the descriptor); does not reap it.
    package var hasEnded: Bool {
        var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&waiting, 1, 0) > 0
    }
}
