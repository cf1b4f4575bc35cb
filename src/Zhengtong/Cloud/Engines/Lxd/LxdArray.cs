using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Reads an envelope whose metadata is a list, one object at a time: a list of ten thousand instances with their user data is larger than anything that should be kept.</summary>
internal static class LxdArray
{
    /// <summary>The objects of the list, in order. Each is good only until the next is asked for.</summary>
    /// <param name="body">The envelope.</param>
    /// <param name="most">Most bytes of one object.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="JsonException">It is no such envelope, or breaks off, or an object is too large.</exception>
    internal static async IAsyncEnumerable<JsonElement> ReadAsync(Stream body, int most, [EnumeratorCancellation] CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            var place = new Place();
            int start = 0, end = 0;
            var final = false;
            while (!place.IsOver)
            {
                using var found = place.Next(buffer.AsSpan(start, end - start), final, out var used);
                start += used;
                if (found is not null)
                {
                    yield return found.RootElement;
                    continue;
                }

                if (place.IsOver) { yield break; }
                if (final) { throw new JsonException("The list breaks off"); }
                if (start > 0)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }

                if (end == buffer.Length)
                {
                    if (buffer.Length >= most) { throw new JsonException("An object of the list is too large"); }
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, end).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await body.ReadAsync(buffer.AsMemory(end), ct);
                end += read;
                final = read == 0;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Where in the envelope the reading is.</summary>
    private sealed class Place
    {
        private JsonReaderState state;
        private bool isInside;

        internal bool IsOver { get; private set; }

        /// <summary>The next object, or null when more bytes are needed or the list is over.</summary>
        internal JsonDocument? Next(ReadOnlySpan<byte> bytes, bool final, out int used)
        {
            var reader = new Utf8JsonReader(bytes, final, state);
            var (kept, at) = (state, 0);
            while (true)
            {
                if (isInside)
                {
                    // The parser begins at a token that was read already.
                    if (!reader.Read()) { break; }
                    if (reader.TokenType == JsonTokenType.EndArray)
                    {
                        (IsOver, used) = (true, (int)reader.BytesConsumed);
                        return null;
                    }

                    if (!JsonDocument.TryParseValue(ref reader, out var found)) { break; }
                    (state, used) = (reader.CurrentState, (int)reader.BytesConsumed);
                    return found;
                }

                if (!reader.Read()) { break; }
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    var isList = reader.ValueTextEquals("metadata"u8);
                    if (isList)
                    {
                        if (!reader.Read()) { break; }
                        if (reader.TokenType == JsonTokenType.Null) { IsOver = true; used = (int)reader.BytesConsumed; return null; }
                        if (reader.TokenType != JsonTokenType.StartArray) { throw new JsonException("The metadata is no list"); }
                        isInside = true;
                    }
                    else if (!reader.TrySkip()) { break; }
                }

                (kept, at) = (reader.CurrentState, (int)reader.BytesConsumed);
            }

            (state, used) = (kept, at);
            return null;
        }
    }
}
