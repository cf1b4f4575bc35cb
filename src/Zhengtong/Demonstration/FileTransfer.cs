using System.Security.Cryptography;
using System.Text;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Demonstration;

/// <summary>A provider's program publishes a file, a consumer's program fetches and confirms it.</summary>
internal static class FileTransfer
{
    /// <summary>Uploads by tus in two pieces, as after a cut.</summary>
    internal static async Task SendAsync(Caller provider, Guid resource, string name, byte[] content, CancellationToken ct)
    {
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        var half = content.Length / 2;
        var upload = await provider.TusAsync(HttpMethod.Post, "/tus", content.AsMemory(0, half), ct,
            ("Upload-Length", $"{content.Length}"), ("Upload-Metadata", $"resource {Base64($"{resource}")},filename {Base64(name)},filetype {Base64("text/csv")}"));
        await provider.TusAsync(HttpMethod.Patch, upload!, content.AsMemory(half), ct, ("Upload-Offset", $"{half}"));
    }

    /// <summary>Fetches every file that waits, and confirms it; returns the newest with its bytes, null when none waited.</summary>
    internal static async Task<(Guid Id, byte[] Content)?> ReceiveAsync(Caller consumer, CancellationToken ct)
    {
        (Guid, byte[])? newest = null;
        var waiting = (await consumer.GetAsync("received-files", ct)).GetProperty("items").EnumerateArray().Where(f => f.GetProperty("state").GetString() is "initialised" or "downloadStarted").ToList();
        foreach (var id in waiting.ConvertAll(f => f.GetProperty("id").GetGuid()))
        {
            var content = await consumer.BytesAsync($"received-files/{id}/content", ct);
            await consumer.PostAsync($"received-files/{id}/confirmation", new { digest = Convert.ToHexStringLower(SHA256.HashData(content)) }, ct);
            newest ??= (id, content);
        }

        return newest;
    }

    /// <summary>The receipt of a confirmed file, checked as <c>zhengtong verify receipt</c> does.</summary>
    /// <exception cref="OffException">It does not hold.</exception>
    internal static async Task VerifyAsync(Caller consumer, Guid id, CancellationToken ct)
    {
        var receipt = FileReceipt.Parse(Encoding.UTF8.GetString(await consumer.BytesAsync($"received-files/{id}/receipt", ct))) ?? throw new OffException("the file's receipt cannot be read");
        if (FileReceiptVerification.Of(receipt).FirstOrDefault(c => !c.Holds) is { } broken) { throw new OffException($"the file's receipt: {broken.Sentence}"); }
    }
}
