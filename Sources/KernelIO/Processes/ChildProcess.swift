internal import CLinux
internal import Glibc

/// A child process, identified by a pidfd so that a reused process ID cannot be mistaken for it.
package struct ChildProcess: ~Copyable, Sendable {
    /// The process ID.
    package let pid: Int32
    /// The pidfd: readable for poll(2) once the process has exited (pidfd_open(2)).
    package let descriptor: OwnedDescriptor

    /// Starts a command inside cgroups (clone3(2), execvp(3)); throws the failed step and its
    /// reason.
    ///
    /// The command inherits descriptors 0, 1 and 2, and those of `passed` that are not
    /// close-on-exec: the ones this process was itself started with.
    ///
    /// - Parameters:
    ///   - birthplace: The directory of the v2 cgroup to create the process in.
    ///   - memberships: Open `cgroup.procs` files of v1 cgroups that the process joins before exec.
    ///   - signs: A descriptor that wakes the wait whenever it is readable.
    ///   - isGivenUp: Called at the start and whenever `signs` is readable; true kills a command
    ///     that has not started yet (EINTR).
    package static func start(
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

    /// Sends a signal (pidfd_send_signal(2)); has no effect once the process has exited.
    package borrowing func signal(_ number: Int32) {
        _ = cgw_signal_process(descriptor.number, number)
    }

    /// Reaps the process and returns how it ended (waitpid(2)); nil while it runs.
    package borrowing func end() -> ProcessEnd? {
        var status: Int32 = 0
        guard unsafe cgw_reap(pid, &status) == 1 else { return nil }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal)
    }

    /// Calls `body` with the texts as a NULL-terminated array of C strings.
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

/// The way a process ended.
package enum ProcessEnd: Hashable, Sendable {
    /// It exited with a status from 0 to 255.
    case exited(Int32)
    /// A signal killed it.
    case killed(Int32)

    /// The exit status a shell would report: 128+N for signal N.
    package var status: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    /// Whether SIGKILL ended it, as in an OOM kill; an intermediate init reports that as 137.
    package var isKill: Bool { self == .killed(SIGKILL) || self == .exited(128 + SIGKILL) }
}

/// Kinds of new namespaces (namespaces(7)).
package struct NamespaceFlags: OptionSet, Hashable, Sendable {
    /// CLONE_NEW* flags of clone(2).
    package let rawValue: UInt64

    /// Creates a set from clone(2) flags.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    // Kernel constants that Swift's Glibc module does not import.
    private static let byName: [(name: String, flag: UInt64)] = [
        ("uts", 0x0400_0000), ("ipc", 0x0800_0000), ("pid", 0x2000_0000),
        ("net", 0x4000_0000), ("mnt", 0x0002_0000), ("user", 0x1000_0000),
        ("cgroup", 0x0200_0000),
    ]

    /// The names that ``init(named:)`` accepts.
    package static var names: [String] { byName.map(\.name) }

    /// Finds a namespace type by its name in `/proc/PID/ns`; nil for an unknown name.
    package init?(named name: String) {
        guard let known = Self.byName.first(where: { $0.name == name }) else { return nil }
        rawValue = known.flag
    }
}

/// An error in starting a command.
package struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A step of starting a command.
    package enum Step: Int32, Sendable { case process, join, namespace, execute, apart }

    /// The step that failed.
    package let step: Step
    /// The kernel's errno.
    package let code: Int32

    init(_ step: Step, code: Int32) {
        self.step = step
        self.code = code
    }

    /// Whether the command was not found (ENOENT from exec).
    package var isNotFound: Bool { step == .execute && code == ENOENT }

    /// Whether privileges are missing (EPERM, EACCES).
    package var isPermission: Bool { code == EPERM || code == EACCES }

    /// Whether the command was not running in time and was killed (EINTR, ETIMEDOUT).
    package var isGivenUp: Bool { step == .process && (code == EINTR || code == ETIMEDOUT) }

    /// Whether a limit on processes refused it (EAGAIN).
    package var isLimit: Bool { code == EAGAIN }

    /// The kernel's error message.
    package var description: String { unsafe String(cString: strerror(code)) }
}
