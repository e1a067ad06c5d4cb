import KernelIO
import Logging

/// The program's own log on standard error.
enum LogOutput {
    static func start(_ level: Logger.Level) {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler(label: label, stream: Lines())
            handler.logLevel = level
            return handler
        }
    }

    /// A stream that receives one message at a time, with its newline.
    private struct Lines: TextOutputStream {
        func write(_ string: String) {
            StandardOutput.complain(string.hasSuffix("\n") ? String(string.dropLast()) : string)
        }
    }
}
