internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The path of a controller from the v2 root down to a cgroup.
struct ControllerWay {
    /// The first ancestor that does not enable the controller and cannot, because it holds
    /// processes.
    ///
    /// Nil if the controller can reach the cgroup.
    let obstacle: CgroupPath?
    private let controller: Controller
    private let path: CgroupPath

    /// Checks the ancestors of a cgroup, which need not exist.
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

    /// Advice on how to get the controller there.
    var remedy: String {
        obstacle.map(Self.remedy(populated:))
            ?? "enable it: cgwarden create --controllers \(controller.rawValue) \(path.shellWord)"
    }

    /// Advice for a cgroup that cannot enable controllers because it holds processes.
    static func remedy(populated place: CgroupPath) -> String {
        "\(place) contains processes, so it cannot enable controllers for its children; move them "
            + "into a child first: cgwarden create \(place.child("leaf".utf8).shellWord), "
            + "cgwarden move"
    }
}
