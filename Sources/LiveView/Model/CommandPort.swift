/// Runs commands of cgwarden for the live view, each exactly as a shell would.
///
/// The view knows commands only by their words. All calls return at once; results are fetched
/// later, so that the screen never waits.
package protocol CommandPort: AnyObject {
    /// The reason why nothing can be changed, such as a recording; nil if commands can run.
    var refusal: String? { get }
    /// The commands that the view offers.
    var commands: [CommandShape] { get }
    /// Starts an order; a change waits for the changes before it.
    func start(_ order: CommandOrder)
    /// Returns the next finished order; nil if none is finished.
    func report() -> CommandReport?
}

/// The words that a command takes.
package struct CommandShape: Hashable, Sendable {
    /// The place of the cgroup among the arguments.
    package enum Place: Sendable { case first, last, none }

    /// The name: `freeze`.
    package let name: String
    /// The options without a value: `--force`.
    package let flags: Set<String>
    /// The options with a value: `--timeout`.
    package let valued: Set<String>
    /// The place of the cgroup.
    package let place: Place

    /// Describes a command.
    package init(name: String, flags: Set<String>, valued: Set<String>, place: Place) {
        self.name = name
        self.flags = flags
        self.valued = valued
        self.place = place
    }

    /// Whether it changes something and can show its plan first.
    var hasPlan: Bool { flags.contains("--dry-run") }
}

/// Commands to run one after another.
package struct CommandOrder: Hashable, Sendable {
    /// The purpose of an order.
    package enum Purpose: Hashable, Sendable {
        /// To show what the commands would do; they run with `--dry-run`.
        case plan
        /// To change something.
        case change
        /// To show what the commands print.
        case look
        /// To learn who sets the limits of a cgroup, whose path is the only word of the command;
        /// the result is a sentence.
        case owner
    }

    /// A number that no other order of the view has.
    package let number: Int
    /// The purpose.
    package let purpose: Purpose
    /// The words of each command, the name first.
    package let commands: [[String]]
}

/// The results of an order.
package struct CommandReport: Hashable, Sendable {
    /// The output of one command.
    package struct Result: Hashable, Sendable {
        /// The exit status; 0 for success.
        package var status: Int32
        /// The lines that it printed, safe to show.
        package var lines: [String]
        /// The number of the change that it recorded, as `restore --change` takes it; nil if it
        /// recorded none.
        package var change: UInt64?

        /// Creates a result.
        package init(status: Int32, lines: [String], change: UInt64? = nil) {
            self.status = status
            self.lines = lines
            self.change = change
        }

        /// The status of a command whose object does not exist (EX_NOINPUT).
        static let noInput: Int32 = 66

        /// Whether the command succeeded.
        var isSuccess: Bool { status == 0 }
    }

    /// The order.
    package let order: CommandOrder
    /// The result of each command.
    package let results: [Result]

    /// Creates a report; `results` has an element for each command of the order.
    package init(order: CommandOrder, results: [Result]) {
        self.order = order
        self.results = results
    }
}
