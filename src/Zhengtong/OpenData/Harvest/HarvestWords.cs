using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Harvest;

/// <summary>How pages say where a run stands and what was wrong.</summary>
internal static class HarvestWords
{
    /// <summary>Where a run stands, with the reason when it failed.</summary>
    internal static string Of(HarvestState? state, string? fault) => state switch
    {
        null => Text.Of("open-data.harvest.not-yet"),
        HarvestState.Failed when fault is not null => $"{Word(HarvestState.Failed)}: {Fault(fault)}",
        { } known => Word(known),
    };

    /// <summary>Tone of its badge.</summary>
    internal static string Tone(HarvestState? state) => state switch { HarvestState.Done => "good", HarvestState.Failed => "stop", null => "off", _ => "info" };

    /// <summary>What was wrong with a page or a dataset; the code itself where no words are.</summary>
    internal static string Fault(string code) => Text.Find($"open-data.harvest.fault.{code}") ?? code;

    /// <summary>What does not fit together.</summary>
    internal static string Of(HarvestConflictKind kind) => Text.Of($"open-data.harvest.conflict.{Show.Kebab(kind.ToString())}");

    private static string Word(HarvestState state) => Text.Of($"open-data.harvest.state.{Show.Kebab(state.ToString())}");
}
