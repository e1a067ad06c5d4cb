internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The recorded jobs in a state directory, with their owners and cgroups.
///
/// Each job has a lock file that its owner holds. A job is a leftover only if its lock is free and
/// its owner has exited. Cgroups without a record are never cleaned up.
package struct JobRecords: Sendable {
    private static let prefix = "job-"
    private let folder: LockFolder

    /// Uses the directory `locks` in a state directory.
    package init(in state: String) { folder = LockFolder("\(state)/locks") }

    /// Records a job of this process, before any part of it is created.
    func begin(_ name: JobName) throws(ActuationError) -> JobRecord {
        let owner = JobOwner.own
        do throws(IOError) {
            while true {
                let file = try folder.lock(
                    "\(Self.prefix)\(owner.pid)-\(owner.startTicks)", within: .seconds(3))
                guard try file.contents().isEmpty else {
                    // The record is from another boot.
                    file.remove()
                    continue
                }
                try file.append(JobText.bytes(owner, name, []))
                return JobRecord(file)
            }
        } catch {
            throw ActuationError(
                error.isPermission ? .notPermitted : .failed,
                "the job was not started, because it cannot be recorded: \(error); set "
                    + "CGWARDEN_STATE_DIRECTORY to a directory of your own")
        }
    }

    /// Returns the jobs whose owners have exited, without those that contain a living owner's job.
    ///
    /// This process holds the lock of each until the job is released.
    func leftovers() -> [LeftoverJob] {
        var alive: [JobText] = []
        var left: [LeftoverJob] = []
        for name in folder.names where name.hasPrefix(Self.prefix) {
            guard let file = folder.lockIfFree(name) else {
                if let bytes = folder.contents(of: name) { alive.append(JobText(bytes)) }
                continue
            }
            let text = JobText((try? file.contents()) ?? [])
            guard text.owner?.isGone != false else {
                alive.append(text)
                continue
            }
            if text.owner == nil || text.owner?.isOfEarlierBoot == true {
                // Nothing was created yet, or it disappeared with that boot.
                file.remove()
            } else {
                left.append(LeftoverJob(text, file))
            }
        }
        return left.filter { job in
            !alive.contains { other in
                other.cgroups.contains { inner in
                    job.text.cgroups.contains { inner.path.isWithin($0.path) && inner != $0 }
                }
            }
        }
    }
}

/// The name of a job, which identifies it even if its owner died during its creation.
enum JobName: Equatable {
    /// The cgroup that cgwarden creates in each hierarchy.
    case cgroup(CgroupPath)
    /// The unit that systemd creates.
    case unit(String)
}

/// The record of a job of this process, which holds its lock.
final class JobRecord: Sendable {
    private let file: LockFile

    fileprivate init(_ file: consuming LockFile) { self.file = file }

    /// Adds the created cgroups, before anything runs in them.
    func add(_ directories: [CgroupDirectory]) throws(ActuationError) {
        do throws(IOError) {
            try file.append(directories.flatMap { JobCgroup($0).bytes })
        } catch {
            throw ActuationError(
                .failed, "the job was not started, because it cannot be recorded: \(error)")
        }
    }

    /// Removes the record of a job that is cleaned up.
    func remove() { file.remove() }
}

/// A job whose owner has exited.
final class LeftoverJob: Sendable {
    let text: JobText
    private let file: LockFile

    fileprivate init(_ text: JobText, _ file: consuming LockFile) {
        self.text = text
        self.file = file
    }

    /// Returns its cgroups that are still the recorded ones.
    func directories(in set: HierarchySet) throws(IOError) -> [CgroupDirectory] {
        var found: [CgroupDirectory] = []
        for cgroup in text.cgroups {
            if let directory = try cgroup.directory(in: set) { found.append(directory) }
        }
        return found
    }

    /// Removes the record of a job that is cleaned up.
    func remove() { file.remove() }
}

/// A cgroup of a job with its identity.
struct JobCgroup: Equatable {
    let hierarchy: String
    let device: UInt64
    let inode: UInt64
    let path: CgroupPath

    func directory(in set: HierarchySet) throws(IOError) -> CgroupDirectory? {
        guard let tree = set.hierarchies.first(where: { $0.label == hierarchy }),
            let found = try CgroupDirectory.existing(path, in: tree)
        else { return nil }
        return JobCgroup(found) == self ? found : nil
    }
}

/// The content of a record.
struct JobText {
    private(set) var owner: JobOwner?
    private(set) var name: JobName?
    private(set) var cgroups: [JobCgroup] = []

    /// Encodes a record.
    static func bytes(_ owner: JobOwner, _ name: JobName, _ cgroups: [JobCgroup]) -> [UInt8] {
        owner.line.bytes + name.line.bytes + cgroups.flatMap(\.bytes)
    }

    /// Parses a record, without a line that its owner did not complete.
    init(_ bytes: [UInt8]) {
        for line in bytes.lines {
            guard let line = RecordLine(line) else { continue }
            if let owner = JobOwner(line) {
                self.owner = owner
            } else if let name = JobName(line) {
                self.name = name
            } else if let cgroup = JobCgroup(line) {
                cgroups.append(cgroup)
            }
        }
    }
}

extension JobName {
    private static let verb = "job"

    fileprivate init?(_ line: RecordLine) {
        guard line.verb == Self.verb else { return nil }
        if let unit = line["unit"] {
            self = .unit(unit)
        } else if let path = line.bytes("path") {
            self = .cgroup(CgroupPath(normalising: path))
        } else {
            return nil
        }
    }

    fileprivate var line: RecordLine {
        switch self {
        case .cgroup(let path): RecordLine(Self.verb, [:], path: path.bytes)
        case .unit(let name): RecordLine(Self.verb, ["unit": name])
        }
    }
}

extension JobCgroup {
    private static let verb = "cgroup"

    init(_ directory: CgroupDirectory) {
        hierarchy = directory.hierarchy.label
        device = directory.device
        inode = directory.inode
        path = directory.path
    }

    fileprivate init?(_ line: RecordLine) {
        guard line.verb == Self.verb, let hierarchy = line["hierarchy"],
            let device = line.number("device"), let inode = line.number("inode"),
            let path = line.bytes("path")
        else { return nil }
        self.hierarchy = hierarchy
        self.device = device
        self.inode = inode
        self.path = CgroupPath(normalising: path)
    }

    fileprivate var bytes: [UInt8] {
        RecordLine(
            Self.verb,
            ["hierarchy": hierarchy, "device": "\(device)", "inode": "\(inode)"],
            path: path.bytes
        ).bytes
    }
}
