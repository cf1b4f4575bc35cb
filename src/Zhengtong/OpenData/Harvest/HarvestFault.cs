namespace Zhengtong.OpenData.Harvest;

/// <summary>Why a page of another portal could not be taken. The code is the last part of the module's text <c>open-data.harvest.fault.CODE</c>.</summary>
internal sealed class HarvestFault : Exception
{
    /// <param name="code">Lower-case words with hyphens.</param>
    /// <param name="detail">Data rather than a sentence; null for none.</param>
    /// <param name="mayPass">True when the same page may be had a while later.</param>
    internal HarvestFault(string code, string? detail = null, bool mayPass = false) : base(code) => (Code, Detail, MayPass) = (code, detail, mayPass);

    internal string Code { get; }

    internal string? Detail { get; }

    internal bool MayPass { get; }

    /// <summary>How long the other side asks to wait; null when it does not say.</summary>
    internal TimeSpan? Wait { get; init; }
}
