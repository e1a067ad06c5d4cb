internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Determines the roles of processes that this host or its user depends on.
struct ProcessRoles {
    private let system: SystemRoot
    private let reader: ProcessReader
    private let own: UInt32?
    /// The path of this process's program; nil if that is unknown.
    private let program: ArraySlice<UInt8>?
    /// This process's ancestors, except PID 1, and its session's leader.
    private let callers: Set<Int32>
    private let auditSession: String?

    init(_ system: SystemRoot) {
        self.system = system
        reader = ProcessReader(system)
        let stat = reader.ownStat
        own = stat?.pid
        program = Self.program(of: "self", system)
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

    /// The name and PID for display.
    func named(_ pid: Int32) -> String {
        "\(reader.stat(pid)?.name ?? "process") (process \(pid))"
    }

    /// The role of a process; nil if it may be acted on or no longer exists.
    ///
    /// Processes that `/proc` hides from this user (hidepid) have no role.
    func role(of pid: Int32) -> ProcessRole? {
        if pid == 0 { return .foreignNamespace }
        if pid == 1 { return .initial }
        if let own, pid == own { return .own }
        if callers.contains(pid) { return .caller }
        let stat: ProcessStat
        do throws(IOError) {
            guard let found = try reader.readStat(pid) else { return nil }
            stat = found
        } catch {
            return error.isPermission ? nil : .unreadable
        }
        if stat.isKernelThread { return .kernelThread }
        // Any process can take one of these names.
        if HelperName(rawValue: stat.name) != nil, reader.user(of: pid) == 0, runsThisProgram(pid) {
            return .helper
        }
        if stat.name == "sshd" { return sshd(pid) }
        // A user's own dbus-daemon is not the system's.
        if let role = ProcessRole.services[stat.name], isOfUser(below: 1000, pid) { return role }
        return isLoginOfCaller(pid, stat.name) ? .caller : nil
    }

    /// Whether a process's user ID is below `limit`; true if unknown, false if the process has
    /// ended.
    ///
    /// A set-user-ID program does not count, because any user can start it under any name.
    private func isOfUser(below limit: UInt32, _ pid: Int32) -> Bool {
        if let user = reader.user(of: pid) {
            return user < limit && ProgramFile.setsUserID(system.proc("\(pid)/exe")) != true
        }
        do throws(IOError) {
            return try reader.readStat(pid) != nil
        } catch {
            return true
        }
    }

    /// Whether a process runs this program, perhaps an earlier version of it; true if that is
    /// unknown.
    ///
    /// A user can start a set-user-ID program under a helper's name, but not this program as root.
    private func runsThisProgram(_ pid: Int32) -> Bool {
        guard let program, let other = Self.program(of: "\(pid)", system) else { return true }
        return other == program
    }

    /// The path of a process's program, without the kernel's mark of a file that was replaced.
    private static func program(
        of process: String, _ system: SystemRoot
    ) -> ArraySlice<UInt8>? {
        guard let path = try? ReadBuffer.link(system.proc("\(process)/exe")) else { return nil }
        let mark = " (deleted)".utf8
        return path.suffix(mark.count).elementsEqual(mark) ? path.dropLast(mark.count) : path[...]
    }

    /// Protects the listening sshd, but not the sessions of other people, which are its children.
    private func sshd(_ pid: Int32) -> ProcessRole? {
        guard isOfUser(below: 1, pid) else { return nil }
        let title = reader.command(pid, name: "sshd")
        let isSession = title.hasPrefix("sshd: ") && !title.contains("[listener]")
        return isSession ? (isLoginOfCaller(pid, "sshd") ? .caller : nil) : .login
    }

    /// Whether a login process has this process's audit session, which survives detaching (screen).
    private func isLoginOfCaller(_ pid: Int32, _ name: String) -> Bool {
        guard let auditSession, ["sshd", "sshd-session", "login"].contains(name) else {
            return false
        }
        return Self.auditSession(of: "\(pid)", system) == auditSession
    }

    /// The audit session; nil if there is none (4294967295) or the kernel does not support it.
    private static func auditSession(of process: String, _ system: SystemRoot) -> String? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("\(process)/sessionid")) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text == "4294967295" || text.isEmpty ? nil : text
    }
}
