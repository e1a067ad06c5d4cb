import Actuation
import ArgumentParser
import CgroupModel
import Reports

/// The options of commands whose change can be undone at a deadline.
struct ExpiryOptions: ParsableArguments {
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Time after which the change is undone: 10m.", valueName: "time"))
    var time: Interval?
    @Option(
        name: .customLong("confirm"),
        help: ArgumentHelp(
            "Time after which it is undone unless `cgwarden confirm` keeps it: 60s.",
            valueName: "time"))
    var confirmation: Interval?

    func validate() throws {
        if time != nil, confirmation != nil {
            throw ValidationError("--for and --confirm are mutually exclusive")
        }
    }

    /// The expiry that the options ask for.
    var expiry: Expiry {
        if let time { return .after(time.duration) }
        return confirmation.map { .unlessConfirmed($0.duration) } ?? .none
    }
}
