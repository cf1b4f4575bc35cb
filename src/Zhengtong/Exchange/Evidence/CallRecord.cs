namespace Zhengtong.Exchange.Evidence;

/// <summary>Everything the gateway knows of one answered call; what the <see cref="CallLog"/> keeps of it is sealed for the two parties.</summary>
/// <param name="Id">The call, unique.</param>
/// <param name="MessageId">The caller's id of the message; not unique.</param>
/// <param name="Agreement">The agreement it was allowed by.</param>
/// <param name="Provider">Who answered.</param>
/// <param name="Consumer">Who called.</param>
/// <param name="Suite">The agreement's, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="Service">The service's code.</param>
/// <param name="Method">Upper-case HTTP method.</param>
/// <param name="RequestHead">The request's signed header bytes.</param>
/// <param name="RequestBodyDigest">SHA-512 of the request's body; null without one.</param>
/// <param name="RequestBytes">Length of that body.</param>
/// <param name="Status">The answer's HTTP status.</param>
/// <param name="ResponseHead">The answer's signed header bytes.</param>
/// <param name="ResponseBodyDigest">SHA-512 of the answer's body; null without one.</param>
/// <param name="ResponseBytes">Length of that body.</param>
/// <param name="ReceivedAt">When the request came.</param>
/// <param name="AnsweredAt">When the answer was complete.</param>
/// <param name="RequestBody">The request's body where it is to be kept; null where not.</param>
/// <param name="ResponseBody">The answer's body where it is to be kept; null where not.</param>
internal sealed record CallRecord(
    Guid Id, string MessageId, Guid Agreement, Guid Provider, Guid Consumer, string Suite, string Service, string Method,
    byte[] RequestHead, byte[]? RequestBodyDigest, long RequestBytes, int Status, byte[] ResponseHead, byte[]? ResponseBodyDigest, long ResponseBytes,
    DateTimeOffset ReceivedAt, DateTimeOffset AnsweredAt, KeptBody? RequestBody, KeptBody? ResponseBody);

/// <summary>A body that is kept, encrypted for the two parties.</summary>
internal sealed record KeptBody(ReadOnlyMemory<byte> Bytes);
