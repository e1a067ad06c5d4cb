internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A process that wrote to a file.
struct Writer: Hashable, Sendable {
    /// The process ID; nil if the process is not visible from this PID namespace.
    let pid: Int32?
    /// The command name as the kernel has it; nil if the process had ended.
    var comm: [UInt8]?
    /// The effective user ID; nil if the process had ended.
    var user: UInt32?
    /// The cgroup; nil if the process had ended or is outside the mounts.
    var cgroup: CgroupPath?

    /// The writer as details of an event.
    var details: [EventField: EventValue] {
        var details: [EventField: EventValue] = [:]
        details[.pid] = pid.map { .number(UInt64($0)) }
        details[.comm] = comm.map { .bytes($0) }
        details[.uid] = user.map { .number(UInt64($0)) }
        details[.writerCgroup] = cgroup.map { .path($0) }
        details[.writerUnit] = cgroup.flatMap { CgroupIdentity($0).unit }
            .map { .bytes(Array($0.utf8)) }
        return details
    }

    /// Whether the process is named cgwarden, or is systemd, which acts for other programs.
    ///
    /// The name proves nothing, so the undo journal must also contain the change. Only root and
    /// this process's user write to the journal.
    var mayActForCgwarden: Bool {
        pid == 1 || pid == ThisProcess.id
            || comm == Array("cgwarden".utf8) && (user == 0 || user == ThisProcess.user)
    }
}

extension Writer {
    /// Reads what `/proc` has of a process, which may end at any time.
    init(_ process: Int32, _ reader: ProcessReader, _ set: HierarchySet) {
        self.init(pid: process > 0 ? process : nil)
        guard let pid else { return }
        comm = CommandName.read(in: set.system.proc("\(pid)"))
        guard comm != nil else { return }
        cgroup = reader.cgroup(of: pid, in: set)
        user = reader.user(of: pid)
    }
}
