package import CgroupModel
package import Reports

extension CauseReport.Policies {
    /// The maximum wait for the daemon, which may hang.
    private static let patience = Duration.seconds(1)

    /// Asks the daemon for its policies on a cgroup; unknown if none runs or it refuses this user.
    package init(on path: CgroupPath, asJSON: Bool) {
        do {
            self = .known(
                try ControlClient.ask(
                    ["explain", path.controlWord] + (asJSON ? ["json"] : []),
                    within: Self.patience))
        } catch {
            self = .unknown((error as? CgwardenError)?.message ?? "\(error)")
        }
    }
}
