internal import Hierarchy
internal import KernelIO

/// Tells which processes are the system's own, as they are now.
struct ProcessRoles {
    private let system: SystemRoot
    private let reader: ProcessReader
    private let own: UInt32?
    /// The processes that led to this one, up to but without the first, and the session's leader.
    private let callers: Set<Int32>
    private let auditSession: String?

    init(_ system: SystemRoot) {
        self.system = system
        reader = ProcessReader(system)
        let stat = reader.ownStat
        own = stat?.pid
        var callers: Set<Int32> = []
        var next = Int32(stat?.parent ?? 0)
        while next > 1, callers.insert(next).inserted {
            next = Int32(reader.stat(next)?.parent ?? 0)
        }
        if let session = stat?.session, session > 1, session != own {
            callers.insert(Int32(session))
        }
        self.callers = callers
        auditSession = Self.auditSession(of: "self", system)
    }

    /// The name and number for a person.
    func named(_ pid: Int32) -> String {
        "\(reader.stat(pid)?.name ?? "process") (process \(pid))"
    }

    /// What the process is to the machine; nil for one that may be acted on, or is gone.
    func role(of pid: Int32) -> ProcessRole? {
        if pid == 0 { return .foreignNamespace }
        if pid == 1 { return .initial }
        if let own, pid == own { return .own }
        if callers.contains(pid) { return .caller }
        guard let stat = reader.stat(pid) else { return nil }
        if stat.isKernelThread { return .kernelThread }
        if stat.name == "sshd" { return sshd(pid) }
        // Anyone can take such a name; a person's own dbus-daemon is not the system's.
        if let role = ProcessRole.services[stat.name], let user = reader.user(of: pid), user < 1000
        {
            return role
        }
        return isLoginOfCaller(pid, stat.name) ? .caller : nil
    }

    /// Only the one that listens: each session has a child of its own, and another person's may be
    /// acted on.
    private func sshd(_ pid: Int32) -> ProcessRole? {
        guard reader.user(of: pid) == 0 else { return nil }
        let title = reader.command(pid, name: "sshd")
        let isSession = title.hasPrefix("sshd: ") && !title.contains("[listener]")
        return isSession ? (isLoginOfCaller(pid, "sshd") ? .caller : nil) : .login
    }

    /// A process detached from the login (screen, at) has it in its audit session still.
    private func isLoginOfCaller(_ pid: Int32, _ name: String) -> Bool {
        guard let auditSession, ["sshd", "sshd-session", "login"].contains(name) else {
            return false
        }
        return Self.auditSession(of: "\(pid)", system) == auditSession
    }

    /// The audit session; nil if there is none (4294967295) or the kernel keeps none.
    private static func auditSession(of process: String, _ system: SystemRoot) -> String? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("\(process)/sessionid")) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text == "4294967295" || text.isEmpty ? nil : text
    }
}
