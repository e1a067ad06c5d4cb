internal import CLinux
internal import Glibc

/// The process's environment.
package enum Environment {
    /// Reads a variable (getenv(3)); nil if it is unset or empty.
    package static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }

    /// All variables as `NAME=value` (environ(7)).
    package static var all: [String] {
        var result: [String] = []
        var next = unsafe cgw_environment()
        while let text = unsafe next?.pointee {
            result.append(unsafe String(cString: text))
            unsafe next = next?.advanced(by: 1)
        }
        return result
    }
}

extension StandardOutput {
    /// Creates a directory and its missing parents (mkdir(2)); a relative path counts from the
    /// current directory.
    package static func createDirectories(_ path: String) throws(IOError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if unsafe mkdir(made, 0o755) != 0, errno != EEXIST {
                throw IOError("create", made, code: errno)
            }
        }
    }
}
