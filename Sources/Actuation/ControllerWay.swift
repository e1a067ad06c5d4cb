internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The way of a controller from the root of v2 down to a cgroup.
struct ControllerWay {
    /// The first cgroup above it that does not pass the controller on and must not, for it holds
    /// processes; nil if it can get there.
    let obstacle: CgroupPath?
    private let controller: Controller
    private let path: CgroupPath

    /// Looks at the cgroups above one, which need not be there.
    init(
        _ controller: Controller, to path: CgroupPath, in hierarchy: MountedHierarchy,
        _ files: any ControlFiles = KernelControlFiles()
    ) {
        self.controller = controller
        self.path = path
        obstacle = path.line.dropLast().first { place in
            guard let directory = try? CgroupDirectory(place, in: hierarchy) else { return false }
            return !directory.passedControllers(files).contains(controller.rawValue)
                && directory.holdsProcesses(files)
        }
    }

    /// How a person gets the controller there.
    var remedy: String {
        obstacle.map(Self.remedy(populated:))
            ?? "switch it on: cgwarden create --controllers \(controller.rawValue) \(path)"
    }

    /// What to do about a cgroup that cannot pass controllers on.
    static func remedy(populated place: CgroupPath) -> String {
        "\(place) holds processes, so it cannot pass controllers on; move them into a cgroup below "
            + "it first: cgwarden create \(place)/leaf, cgwarden move"
    }
}
