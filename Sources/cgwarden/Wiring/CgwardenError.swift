import Actuation
import CgroupModel
import Hierarchy
import History
import KernelIO

/// What the process ends with, as in sysexits(3).
enum ExitStatus: Int32 {
    case usage = 64
    case data = 65
    case noInput = 66
    case unavailable = 69
    case software = 70
    case ioError = 74
    case temporaryFailure = 75
    case noPermission = 77
    case configuration = 78
}

/// A failure that ends the program: one sentence with what to do, and the exit status.
struct CgwardenError: Error {
    let message: String
    let status: ExitStatus
    var isBrokenPipe = false

    init(_ message: String, _ status: ExitStatus) {
        self.message = message
        self.status = status
    }

    /// Translates what the modules below throw; nil for what the argument parser says itself.
    init?(_ error: any Error) {
        switch error {
        case let error as CgwardenError: self = error
        case let error as HierarchyError:
            let status: ExitStatus =
                switch error {
                case .unreadable(let cause): cause.isPermission ? .noPermission : .unavailable
                case .notMounted: .unavailable
                case .noSuchCgroup: .noInput
                }
            self.init(error.description, status)
        case let error as LimitError: self.init(error.description, .usage)
        case let error as ActuationError: self.init(error.message, ExitStatus(error.code))
        case let error as RecordingError: self.init(error.description, .data)
        case let error as IOError:
            let remedy = error.isPermission ? "; run as root to see it" : ""
            self.init(error.description + remedy, error.isPermission ? .noPermission : .ioError)
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
            }
    }
}
