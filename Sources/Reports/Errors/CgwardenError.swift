import Actuation
import CgroupModel
import Hierarchy
import History
import KernelIO

/// The exit statuses of failures, from sysexits(3).
package enum ExitStatus: Int32 {
    case usage = 64
    case data = 65
    case noInput = 66
    case unavailable = 69
    case software = 70
    case osError = 71
    case cannotCreate = 73
    case ioError = 74
    case temporaryFailure = 75
    case noPermission = 77
    case configuration = 78
}

/// An error that ends the program: one sentence with a remedy, and the exit status.
package struct CgwardenError: Error {
    /// One sentence with a remedy.
    package let message: String
    /// The exit status.
    package let status: ExitStatus
    /// Whether the reader of standard output is gone, which is not a failure.
    package var isBrokenPipe = false

    /// Creates an error with its message and exit status.
    package init(_ message: String, _ status: ExitStatus) {
        self.message = message
        self.status = status
    }

    /// Translates errors of the modules below; nil for errors that the argument parser reports
    /// itself.
    package init?(_ error: any Error) {
        switch error {
        case let error as CgwardenError: self = error
        case let error as HierarchyError:
            let status: ExitStatus =
                switch error {
                case .unreadable(let cause): cause.isPermission ? .noPermission : .unavailable
                case .notMounted, .notMountedAt: .unavailable
                case .noSuchCgroup: .noInput
                }
            self.init(error.description, status)
        case let error as LimitError: self.init(error.description, .usage)
        case let error as ActuationError: self.init(error.message, ExitStatus(error.code))
        case let error as JournalError:
            let error = ActuationError(error)
            self.init(error.message, ExitStatus(error.code))
        case let error as WrittenTime.Mistake: self.init(error.description, .usage)
        case let error as RecordingError: self.init(error.description, .data)
        case let error as FileRefusal:
            if error.isFailure {
                self.init(error.error)
            } else {
                self.init(error.description, .noInput)
            }
        case let error as IOError:
            let remedy = error.isPermission ? "; run as root" : ""
            let status: ExitStatus =
                error.isPermission ? .noPermission : error.isMissing ? .noInput : .ioError
            self.init(error.description + remedy, status)
            isBrokenPipe = error.isBrokenPipe
        default: return nil
        }
    }
}

extension ExitStatus {
    init(_ code: ActuationError.Code) {
        self =
            switch code {
            case .usage: .usage
            case .notFound: .noInput
            case .notPermitted, .refused: .noPermission
            case .busy, .inTheWay: .temporaryFailure
            case .unavailable, .outOfRange: .unavailable
            case .failed: .ioError
            case .exists: .cannotCreate
            }
    }
}
