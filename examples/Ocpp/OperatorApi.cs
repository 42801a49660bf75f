using System.Globalization;

namespace Ocpp;

/// <summary>What an operator asks by ordinary HTTP.</summary>
internal sealed class OperatorApi(ChargePoints chargePoints, Credentials credentials, IClients<IChargePoint> clients)
{
    public RegularResponse List(UpgradeRequest request) =>
        credentials.IsOperator(request) ? RegularResponse.Json(chargePoints.View(), OcppJson.Default.IReadOnlyListChargePointView) : Unauthorized();

    /// <summary>Asks a charge point to start a transaction, and tells what it said.</summary>
    public async ValueTask<RegularResponse> RemoteStartAsync(UpgradeRequest request, CancellationToken cancellationToken)
    {
        if (!credentials.IsOperator(request))
        {
            return Unauthorized();
        }

        if (request.GetQueryValue("chargePoint") is not { Length: > 0 } id || request.GetQueryValue("idTag") is not { Length: > 0 and <= 20 } idTag
            || !TryReadConnector(request.GetQueryValue("connector"), out var connector))
        {
            return RegularResponse.Text("Ask with ?chargePoint=…&idTag=…, and &connector=1 or higher to name one.\n", 400);
        }

        try
        {
            var answer = await clients.User(id).RemoteStartTransactionAsync(new RemoteStartTransaction(idTag, connector), cancellationToken);
            return RegularResponse.Json(answer, OcppJson.Default.RemoteStartAnswer);
        }
        catch (ConnectionClosedException)
        {
            return RegularResponse.Text("The charge point is not connected.\n", 404);
        }
        catch (TimeoutException)
        {
            return RegularResponse.Text("The charge point has not answered.\n", 504);
        }
        catch (Exception e) when (e is PeerErrorException or PayloadException)
        {
            return RegularResponse.Text($"The charge point has answered with an error: {(e as PeerErrorException)?.Code} {e.Message}\n", 502);
        }
    }

    private static bool TryReadConnector(string? text, out int? connector)
    {
        connector = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return text is null || connector > 0;
    }

    private static RegularResponse Unauthorized() =>
        RegularResponse.Text("Give the operator's name and password by HTTP Basic authentication.\n", 401)
            .WithHeader(Credentials.Challenge.Key, Credentials.Challenge.Value);
}
