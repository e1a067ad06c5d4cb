package import CgroupModel
package import KernelIO

/// A process: its command, credentials and confinement.
package struct ProcessDescription: Sendable {
    /// Credentials, capabilities and seccomp; nil with the reason in ``statusReason``.
    package let status: ProcessStatus?
    /// The reason why ``status`` is nil.
    package let statusReason: Reading
    /// The command line, or the name in brackets.
    package let command: String
    /// The namespaces.
    package let namespaces: NamespaceLinks
    /// The label of the security module.
    package let label: SecurityLabel
}

/// Reads `/proc/PID` (proc_pid_status(5), namespaces(7), capabilities(7)).
package struct ProcessReader: Sendable {
    private let system: SystemRoot
    /// The namespaces of process 1, or of this process if those cannot be read.
    package let reference: NamespaceLinks
    /// Whether ``reference`` is the namespaces of process 1.
    package let referenceIsInit: Bool

    /// Reads the namespaces to compare with.
    package init(_ system: SystemRoot) {
        self.system = system
        let initial = Self.namespaces(system, "1")
        referenceIsInit = initial[.mnt].value != nil
        reference = referenceIsInit ? initial : Self.namespaces(system, "self")
    }

    /// Describes a process; nil if it does not exist.
    package func describe(_ pid: Int32) -> ProcessDescription? {
        var status: ProcessStatus?
        var reason = Reading.absent
        do throws(IOError) {
            let bytes = try ReadBuffer.contents(of: system.proc("\(pid)/status"))
            do throws(ProcessTextError) {
                status = try ProcessStatus(parsing: bytes)
            } catch {
                reason = .malformed
            }
        } catch {
            if error.isGone { return nil }
            reason = IOError.reading(for: error.code)
        }
        return ProcessDescription(
            status: status, statusReason: reason,
            command: command(pid, name: status?.name ?? "?"),
            namespaces: Self.namespaces(system, "\(pid)"), label: label(pid))
    }

    /// The command line, or the name in brackets for a kernel thread.
    package func command(_ pid: Int32, name: String) -> String {
        commandLine(pid, name: name).text
    }

    /// The command line; without arguments if it cannot be read.
    package func commandLine(_ pid: Int32, name: String) -> ProcessCommandLine {
        let bytes = (try? ReadBuffer.contents(of: system.proc("\(pid)/cmdline"))) ?? []
        return ProcessCommandLine(parsing: bytes, name: name)
    }

    /// Parses `/proc/self/stat`; nil if it cannot be read.
    package var ownStat: ProcessStat? {
        (try? ReadBuffer.contents(of: system.proc("self/stat"))).flatMap {
            try? ProcessStat(parsing: $0)
        }
    }

    /// The effective user ID; nil if the process is gone or cannot be read.
    package func user(of pid: Int32) -> UInt32? { status(pid)?.user }

    /// The ID of the process that a thread belongs to; nil if it is gone or cannot be read.
    package func process(of thread: Int32) -> Int32? {
        status(thread)?.process.flatMap { Int32(exactly: $0) }
    }

    /// The thread IDs of a process; empty if it is gone or cannot be read.
    package func threads(of pid: Int32) -> [Int32] {
        let path = system.proc("\(pid)/task")
        guard let directory = try? OwnedDescriptor.directory(path),
            let entries = try? directory.entries(path: path.pathText)
        else { return [] }
        return entries.compactMap { Int32(String(decoding: $0.name, as: UTF8.self)) }
    }

    private func status(_ pid: Int32) -> ProcessStatus? {
        (try? ReadBuffer.contents(of: system.proc("\(pid)/status"))).flatMap {
            try? ProcessStatus(parsing: $0)
        }
    }

    /// Parses `/proc/PID/stat`; nil if the process is gone or cannot be read.
    package func stat(_ pid: Int32) -> ProcessStat? { try? readStat(pid) }

    /// Parses `/proc/PID/stat`; nil if the process is gone.
    ///
    /// Throws if it cannot be read.
    package func readStat(_ pid: Int32) throws(IOError) -> ProcessStat? {
        let path = system.proc("\(pid)/stat")
        do throws(IOError) {
            let bytes = try ReadBuffer.contents(of: path)
            guard let stat = try? ProcessStat(parsing: bytes) else {
                throw IOError("parse", path.pathText, .inputOutput, objection: "it is malformed")
            }
            return stat
        } catch {
            if error.isGone { return nil }
            throw error
        }
    }

    /// Whether a process has exited or is exiting (``ProcessStat/isEnding``); true if it cannot be
    /// read.
    package func hasEnded(_ pid: Int32) -> Bool { stat(pid)?.isEnding ?? true }

    /// The cgroup of a process.
    ///
    /// Takes the first hierarchy, in the order of ``HierarchySet/byIdentity``, in which the process
    /// is not in the root cgroup. Nil if the process is gone or its cgroup is outside the mounts.
    package func cgroup(of pid: Int32, in set: HierarchySet) -> CgroupPath? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("\(pid)/cgroup")) else {
            return nil
        }
        let lines = ProcCgroup.parse(bytes)
        let places = set.byIdentity.compactMap { index -> CgroupPath? in
            let hierarchy = set.hierarchies[index]
            return hierarchy.line(in: lines).flatMap { hierarchy.visiblePath($0.path) }
        }
        return places.first { !$0.isRoot } ?? places.first
    }

    private static func namespaces(_ system: SystemRoot, _ process: String) -> NamespaceLinks {
        var links = NamespaceLinks()
        for kind in NamespaceKind.allCases {
            do throws(IOError) {
                let link = try ReadBuffer.link(system.proc("\(process)/ns/\(kind.rawValue)"))
                links[kind] = NamespaceLinks.inode(of: kind, link: link)
            } catch {
                links[kind] = IOError.reading(for: error.code)
            }
        }
        return links
    }

    private func label(_ pid: Int32) -> SecurityLabel {
        do throws(IOError) {
            return SecurityLabel(
                parsing: try ReadBuffer.contents(of: system.proc("\(pid)/attr/current")))
        } catch {
            return switch IOError.reading(for: error.code) {
            case .unsupported: .noModule
            case .notPermitted: .notPermitted
            case .gone: .gone
            default: .absent
            }
        }
    }
}
