internal import CLinux
internal import Glibc

/// Whom a process runs as.
public struct UserAccount: Hashable, Sendable {
    /// The user and its first group.
    public let user: UInt32, group: UInt32
    /// All its groups.
    public let groups: [UInt32]

    /// Looks a user up by its name or number (getpwnam_r(3), getgrouplist(3)); nil if there is none.
    public init?(_ name: String) {
        var entry = unsafe passwd()
        var room = [CChar](repeating: 0, count: 16384)
        var groups = [gid_t](repeating: 0, count: 256)
        var count = Int32(groups.count)
        let found = unsafe room.withUnsafeMutableBufferPointer { room -> Bool in
            var result: UnsafeMutablePointer<passwd>?
            guard let base = room.baseAddress else { return false }
            let code =
                if let number = UInt32(name) {
                    unsafe getpwuid_r(number, &entry, base, room.count, &result)
                } else {
                    unsafe getpwnam_r(name, &entry, base, room.count, &result)
                }
            guard code == 0, unsafe result != nil else { return false }
            return unsafe getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) >= 0
        }
        guard found else { return nil }
        user = unsafe entry.pw_uid
        group = unsafe entry.pw_gid
        self.groups = Array(groups.prefix(Int(count)))
    }
}

/// A process that shares nothing with this one: it has a session of its own, no input, its own
/// environment, perhaps another user, and a pipe for what it prints.
public struct ApartProcess: ~Copyable, Sendable {
    /// The process.
    public let child: ChildProcess
    /// Where what it prints is read, without blocking; readable for poll(2).
    public let output: OwnedDescriptor

    /// Starts a command, by its absolute path, inside cgroups; throws where and why it failed, also
    /// if it does not come to run within `patience`, or `isGivenUp`, which is asked whenever `signs`
    /// can be read.
    public static func start(
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

    /// Sends a signal to its session (kill(2)); it must not be reaped yet.
    public borrowing func signalGroup(_ signal: EndingSignal) { kill(-child.pid, signal.number) }

    /// What it printed and is there to read now, at most `most` bytes; nil once all its writers are
    /// gone.
    public borrowing func read(most: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: most)
        let got = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe Glibc.read(output.number, raw.baseAddress, raw.count)
        }
        if got < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
        return got == 0 ? nil : Array(bytes[..<got])
    }
}

extension ChildProcess {
    /// Whether it has ended (poll(2) of the descriptor); it is not reaped.
    public var hasEnded: Bool {
        var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&waiting, 1, 0) > 0
    }
}
