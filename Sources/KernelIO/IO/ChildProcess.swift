internal import CLinux
internal import Glibc

/// A process that this one started, followed by its descriptor so that it is never mistaken.
public struct ChildProcess: ~Copyable, Sendable {
    /// Its number.
    public let pid: Int32
    /// Readable for poll(2) once it has ended (pidfd_open(2)).
    public let descriptor: OwnedDescriptor

    /// Starts a command inside cgroups (clone3(2), execvp(3)); throws where and why it failed.
    ///
    /// It has this process's descriptors 0, 1 and 2 and those of `passed` that this process was
    /// started with, which are not close-on-exec.
    ///
    /// - Parameters:
    ///   - birthplace: The directory of the v2 cgroup in which it is born.
    ///   - memberships: Open `cgroup.procs` files of v1 cgroups that it joins before it becomes the
    ///     command.
    ///   - signs: A descriptor that can be read when `isGivenUp` is to be asked, which ends the
    ///     start of a command that never comes to run (EINTR).
    public static func start(
        _ command: [String], in birthplace: Int32?, joining memberships: [Int32],
        namespaces: NamespaceFlags, passing passed: [Int32] = [], unless signs: Int32? = nil,
        isGivenUp: () -> Bool = { false }
    ) throws(SpawnError) -> ChildProcess {
        let request = SpawnRequest(
            command, birthplace: birthplace, memberships: memberships, namespaces: namespaces,
            passed: passed)
        return try request.begin().finish(unless: signs, isGivenUp: isGivenUp)
    }

    init(pid: Int32, descriptor: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Sends a signal (pidfd_send_signal(2)); nothing happens if it has ended.
    public borrowing func signal(_ number: Int32) {
        _ = cgw_signal_process(descriptor.number, number)
    }

    /// How it ended (waitpid(2)); nil while it runs, to be asked again.
    public borrowing func end() -> ProcessEnd? {
        var status: Int32 = 0
        guard unsafe cgw_reap(pid, &status) == 1 else { return nil }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal)
    }

    /// Texts as C strings, NULL-terminated.
    static func withArguments<Result>(
        _ command: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let texts = command.map { Array($0.utf8) + [0] }
        let starts = texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        return unsafe Array(texts.joined()).withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("never empty") }
            let first = unsafe base.assumingMemoryBound(to: CChar.self)
            var pointers: [UnsafePointer<CChar>?] = unsafe starts.dropLast().map {
                unsafe first + $0
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { list in
                guard let start = list.baseAddress else { preconditionFailure("never empty") }
                return unsafe body(start)
            }
        }
    }
}

/// How a process ended.
public enum ProcessEnd: Hashable, Sendable {
    /// By itself, with a status from 0 to 255.
    case exited(Int32)
    /// By a signal.
    case killed(Int32)

    /// The status that a shell would give: 128+N for a signal.
    public var status: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    /// Whether SIGKILL ended it, as an out-of-memory kill does; an init in between reports 137.
    public var isKill: Bool { self == .killed(SIGKILL) || self == .exited(128 + SIGKILL) }
}

/// Kinds of new namespaces (namespaces(7)).
public struct NamespaceFlags: OptionSet, Hashable, Sendable {
    /// CLONE_NEW* of clone(2).
    public let rawValue: UInt64

    /// Takes flags of clone(2).
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    // The kernel's interface, which Swift's Glibc module does not import.
    private static let byName: [(name: String, flag: UInt64)] = [
        ("uts", 0x0400_0000), ("ipc", 0x0800_0000), ("pid", 0x2000_0000),
        ("net", 0x4000_0000), ("mnt", 0x0002_0000), ("user", 0x1000_0000),
        ("cgroup", 0x0200_0000),
    ]

    /// The names that ``init(named:)`` knows.
    public static var names: [String] { byName.map(\.name) }

    /// Finds a kind by its name in `/proc/PID/ns`; nil if there is none.
    public init?(named name: String) {
        guard let known = Self.byName.first(where: { $0.name == name }) else { return nil }
        rawValue = known.flag
    }
}

/// Why a command could not be started.
public struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done.
    public enum Step: Int32, Sendable { case process, join, namespace, execute, apart }

    /// What was being done.
    public let step: Step
    /// The kernel's errno.
    public let code: Int32

    init(_ step: Step, code: Int32) {
        self.step = step
        self.code = code
    }

    /// Whether the command does not exist (ENOENT), or else cannot be run.
    public var isNotFound: Bool { step == .execute && code == ENOENT }

    /// Whether privileges are missing.
    public var isPermission: Bool { code == EPERM || code == EACCES }

    /// Whether it did not come to run and was given up (EINTR, ETIMEDOUT).
    public var isGivenUp: Bool { step == .process && (code == EINTR || code == ETIMEDOUT) }

    /// Whether a limit of processes refused it (EAGAIN).
    public var isLimit: Bool { code == EAGAIN }

    /// The kernel's reason.
    public var description: String { unsafe String(cString: strerror(code)) }
}
