import CgroupModel
import Hierarchy
import KernelIO

/// A daemon of this host with a state directory of its own.
///
/// Each daemon takes the other's limits for drift. The claim on a state directory does not prevent
/// this, because their directories differ.
struct OtherDaemon: CustomStringConvertible {
    let process: Int32
    let stateDirectory: String

    /// Finds the daemons of root and of this process's user, by the claims that they hold.
    ///
    /// Any other user could start many processes of this name with a million descriptors each.
    static func all(besides stateDirectory: String) -> [OtherDaemon] {
        guard let proc = try? OwnedDescriptor.directory(Array("/proc".utf8)),
            let entries = try? proc.entries(path: "/proc")
        else { return [] }
        let reader = ProcessReader(.live)
        return entries.compactMap { Int32($0.name.pathText) }.filter { $0 != ThisProcess.id }
            .compactMap { process in
                guard let user = reader.user(of: process), user == 0 || user == ThisProcess.user
                else { return nil }
                return claim(of: process).map {
                    OtherDaemon(process: process, stateDirectory: $0)
                }
            }
            .filter { $0.stateDirectory != stateDirectory }
    }

    /// Returns the state directory of a daemon; nil if the process is not a daemon.
    private static func claim(of process: Int32) -> String? {
        let path = "/proc/\(process)"
        guard CommandName.read(in: Array(path.utf8)) == Array("cgwarden".utf8),
            let directory = try? OwnedDescriptor.directory(Array("\(path)/fd".utf8)),
            let entries = try? directory.entries(path: "\(path)/fd")
        else { return nil }
        for entry in entries {
            let name = entry.name.pathText
            guard let target = try? ReadBuffer.link(Array("\(path)/fd/\(name)".utf8)).pathText,
                target.hasSuffix("/daemon.lock")
            else { continue }
            return String(target.dropLast("/daemon.lock".count))
        }
        return nil
    }

    var description: String {
        "another daemon (process \(process), state directory "
            + "\(PrintableText.text(stateDirectory.utf8))) runs on this host; "
            + "if both set a limit of the same cgroup, each takes the other's value for drift: keep "
            + "their policies apart, or stop one"
    }
}
