/// The data of a frame beyond the model's state.
struct Scene {
    /// The mounts of the hierarchies, or the recording that is played.
    var mode = ""
    /// The current time in microseconds since 1970.
    var now: UInt64 = 0
    /// The number of frames between the shown one and the newest.
    var back = 0
    /// The number of frames in the ring.
    var frames = 0
    /// The times of the first and the last snapshot of a replay; nil for a live source.
    var timeline: ClosedRange<UInt64>?
    /// The times of the known events of a replay, ascending, in microseconds since 1970.
    var eventMarks: [UInt64] = []
    /// The values of the detail pane's charts, oldest first.
    var series: [[Double?]] = []
    /// For each value of ``series``, whether the selected cgroup had an event since the previous
    /// value.
    var marks: [Bool] = []
    /// Formats a time in microseconds since 1970 as a time of day.
    var clock: (UInt64) -> String = WallClock.text
    /// Formats a time in microseconds since 1970 with its month and day.
    var day: (UInt64) -> String = WallClock.dayText
}
