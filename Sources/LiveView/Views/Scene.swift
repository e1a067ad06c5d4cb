/// What a frame shows besides the model's own state.
struct Scene {
    /// How the machine's hierarchies are mounted, or which recording is played.
    var mode = ""
    /// Microseconds since 1970 now.
    var now: UInt64 = 0
    /// How many frames the shown one lies behind the newest.
    var back = 0
    /// Frames in the ring.
    var frames = 0
    /// The values of the detail pane's charts, oldest first.
    var series: [[Double?]] = []
    /// Writes a time of day.
    var clock: (UInt64) -> String = WallClock.text
}
