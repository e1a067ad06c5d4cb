/// The command name of a process (`/proc/PID/comm`).
package enum CommandName {
    /// Returns the name, at most 15 bytes, of which any may be a newline; nil if the process is
    /// gone or its name cannot be read.
    ///
    /// `proc` is the directory of the process.
    package static func read(in proc: [UInt8]) -> [UInt8]? {
        guard let text = try? ReadBuffer.contents(of: proc + Array("/comm".utf8)) else {
            return nil
        }
        // The kernel appends a newline.
        return text.last == UInt8(ascii: "\n") ? Array(text.dropLast()) : text
    }
}
