internal import Actuation
package import CgroupModel
internal import Configuration
package import Hierarchy
internal import KernelIO
package import PolicyLanguage
internal import Reports

/// The policy files named on the command line, read from disk.
package enum PolicyFiles {
    /// The default directory.
    package static let usual = "/etc/cgwarden/policy.d"

    /// Whether a file or directory exists at a path.
    static func exist(at path: String) -> Bool { LogFile.exists(path) }

    /// Reads files, and the `*.yaml` files of directories in byte order.
    ///
    /// A file that cannot be read, or that another user could have written, becomes a finding.
    package static func read(_ paths: [String]) -> [PolicyFile] {
        paths.flatMap { path -> [PolicyFile] in
            do throws(FileRefusal) {
                guard let names = try TrustedFile.names(in: path) else { return [file(path)] }
                let base = path.hasSuffix("/") ? path : path + "/"
                return names.map { String(decoding: $0, as: UTF8.self) }
                    .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
                    .map { file(base + $0) }
            } catch {
                return [refused(path, error)]
            }
        }
    }

    private static func file(_ path: String) -> PolicyFile {
        do throws(FileRefusal) {
            return PolicyFile(
                name: path,
                bytes: try TrustedFile.contents(of: path, most: ConfigLoader.largestFile))
        } catch {
            return refused(path, error)
        }
    }

    private static func refused(_ path: String, _ refusal: FileRefusal) -> PolicyFile {
        let place = ConfigPosition(file: path, line: 1, column: 1)
        return PolicyFile(
            name: path, content: .failure(ConfigError(place, "the file \(refusal.reason)")))
    }

    /// Reads and checks files for this host, or for a host with the given mode.
    ///
    /// Throws if the default directory is meant and does not exist.
    package static func load(
        _ paths: [String], on system: SystemRoot, mode: HierarchyMode? = nil
    ) throws -> PolicyLoad {
        if paths == [usual], !exist(at: usual) {
            throw CgwardenError("no policies: \(usual) does not exist; name a file", .noInput)
        }
        if let mode {
            return PolicyLoader(host: HostFacts(system), mode: mode).load(read(paths))
        }
        let set = try HierarchySet.discover(system)
        let legacy = Controller.allCases.filter { set.legacy($0) != nil }
        var host = HostFacts(system)
        host.isIOCounted = set.countsIO
        return PolicyLoader(
            host: host, mode: set.mode, legacyControllers: Set(legacy)
        ).load(read(paths))
    }
}
