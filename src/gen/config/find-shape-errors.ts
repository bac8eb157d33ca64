// @ts-nocheck
// Made from src/gateway/config by `npm run generate`; do not edit.

/** A place where a value breaks the schema of the configuration. */
export interface ShapeError {
  /** The keyword of JSON Schema that is broken. */
  readonly keyword: string;
  /** The place of the value: a JSON Pointer (RFC 6901). */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The key that is broken, when the fault is a key and not a value. */
  readonly propertyName?: string;
}

/** Holds a value against the schema of the configuration. Returns every fault; none when the value has the shape. */
export function findShapeErrors(value: unknown): readonly ShapeError[] {
  return validate21(value) ? [] : validate21.errors;
}

const schema6 = {"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"realm":{"$ref":"#/definitions/rule1"},"listen":{"$ref":"#/definitions/rule8"},"admin":{"$ref":"#/definitions/rule9"},"keys":{"$ref":"#/definitions/rule10"},"store":{"$ref":"#/definitions/rule11"},"session":{"$ref":"#/definitions/rule14"},"handlers":{"$ref":"#/definitions/rule47"},"aliases":{"$ref":"#/definitions/rule49"},"nestedSchemes":{"$ref":"#/definitions/rule3"},"throttle":{"$ref":"#/definitions/rule52"},"operateAs":{"$ref":"#/definitions/rule56"},"binding":{"$ref":"#/definitions/rule57"},"tickets":{"$ref":"#/definitions/rule60"},"services":{"$ref":"#/definitions/rule68"},"cors":{"$ref":"#/definitions/rule69"},"routes":{"$ref":"#/definitions/rule89"},"upstreams":{"$ref":"#/definitions/rule98"},"trustedProxies":{"$ref":"#/definitions/rule32"},"limits":{"$ref":"#/definitions/rule101"},"audit":{"$ref":"#/definitions/rule103"},"log":{"$ref":"#/definitions/rule107"},"traces":{"$ref":"#/definitions/rule3"}},"required":["listen","keys","store","handlers","routes"],"additionalProperties":false,"definitions":{"rule1":{"type":"string","pattern":"^[\\x20-\\x7e]{1,128}$"},"rule2":{"type":"string"},"rule3":{"type":"boolean"},"rule4":{"type":"string","minLength":1},"rule5":{"type":"string","enum":["none","request","require"]},"rule6":{"type":"object","properties":{"cert":{"$ref":"#/definitions/rule4"},"key":{"$ref":"#/definitions/rule4"},"clientCa":{"$ref":"#/definitions/rule4"},"clientCertificate":{"$ref":"#/definitions/rule5"}},"required":["cert","key"],"additionalProperties":false},"rule7":{"type":"object","properties":{"address":{"$ref":"#/definitions/rule2"},"insecure":{"$ref":"#/definitions/rule3"},"tls":{"$ref":"#/definitions/rule6"},"proxyProtocol":{"$ref":"#/definitions/rule3"}},"required":["address"],"additionalProperties":false},"rule8":{"type":"array","items":{"$ref":"#/definitions/rule7"},"minItems":1},"rule9":{"type":"object","properties":{"address":{"$ref":"#/definitions/rule2"},"insecure":{"$ref":"#/definitions/rule3"}},"required":["address"],"additionalProperties":false},"rule10":{"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"}},"required":["file"],"additionalProperties":false},"rule11":{"type":"object","properties":{"sqlite":{"$ref":"#/definitions/rule4"},"memory":{"const":true}},"required":[],"additionalProperties":false,"minProperties":1,"maxProperties":1},"rule12":{"type":"string","enum":["confirm-then-cut","overlapping"]},"rule13":{"type":"string","pattern":"^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$"},"rule14":{"type":"object","properties":{"policy":{"$ref":"#/definitions/rule12"},"rotateAfter":{"$ref":"#/definitions/rule13"},"overlap":{"$ref":"#/definitions/rule13"},"straggler":{"$ref":"#/definitions/rule13"},"lifetime":{"$ref":"#/definitions/rule13"},"idle":{"$ref":"#/definitions/rule13"},"absolute":{"$ref":"#/definitions/rule13"},"unclaimed":{"$ref":"#/definitions/rule13"},"recheck":{"$ref":"#/definitions/rule13"},"recheckStale":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false},"rule15":{"type":"string","pattern":"^[\\w.@/-]+$"},"rule16":{"type":"array","items":{"$ref":"#/definitions/rule15"}},"rule17":{"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"},"roles":{"$ref":"#/definitions/rule16"}},"required":["file"],"additionalProperties":false},"rule18":{"type":["string","array"],"minLength":1,"minItems":1,"items":{"$ref":"#/definitions/rule4"}},"rule19":{"type":["string","object"],"minLength":1,"properties":{"file":{"$ref":"#/definitions/rule4"}},"required":["file"],"additionalProperties":false},"rule20":{"type":"object","properties":{"dn":{"$ref":"#/definitions/rule4"},"password":{"$ref":"#/definitions/rule19"}},"required":["dn","password"],"additionalProperties":false},"rule21":{"type":"object","properties":{"base":{"$ref":"#/definitions/rule4"},"filter":{"$ref":"#/definitions/rule4"},"dn":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false},"rule22":{"type":"string","enum":["member","uniqueMember","memberUid"]},"rule23":{"type":"object","minProperties":1,"propertyNames":{"minLength":1},"additionalProperties":{"$ref":"#/definitions/rule16"}},"rule24":{"type":"object","properties":{"base":{"$ref":"#/definitions/rule4"},"member":{"$ref":"#/definitions/rule22"},"nested":{"$ref":"#/definitions/rule3"},"roles":{"$ref":"#/definitions/rule23"}},"required":["roles"],"additionalProperties":false},"rule25":{"type":"integer","minimum":1,"maximum":1000000},"rule26":{"type":"object","properties":{"url":{"$ref":"#/definitions/rule18"},"ca":{"$ref":"#/definitions/rule4"},"startTls":{"$ref":"#/definitions/rule3"},"insecure":{"$ref":"#/definitions/rule3"},"bind":{"$ref":"#/definitions/rule20"},"users":{"$ref":"#/definitions/rule21"},"subject":{"$ref":"#/definitions/rule4"},"groups":{"$ref":"#/definitions/rule24"},"decoyDn":{"$ref":"#/definitions/rule4"},"timeout":{"$ref":"#/definitions/rule13"},"connectTimeout":{"$ref":"#/definitions/rule13"},"maxConnections":{"$ref":"#/definitions/rule25"}},"required":["url","users"],"additionalProperties":false},"rule27":{"type":"string","pattern":"^[0-9a-f]{64}$"},"rule28":{"type":"object","properties":{"key":{"$ref":"#/definitions/rule19"},"sha256":{"$ref":"#/definitions/rule27"},"roles":{"$ref":"#/definitions/rule16"}},"required":[],"additionalProperties":false},"rule29":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Za-z0-9][A-Za-z0-9._-]*$"},"additionalProperties":{"$ref":"#/definitions/rule28"}},"rule30":{"type":["string","object"],"minLength":1,"properties":{"file":{"$ref":"#/definitions/rule4"},"header":{"$ref":"#/definitions/rule4"}},"required":["file"],"additionalProperties":false},"rule31":{"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"},"rawChallenges":{"$ref":"#/definitions/rule3"},"allowLegacyDsa":{"$ref":"#/definitions/rule3"}},"required":["file"],"additionalProperties":false},"rule32":{"type":"array","items":{"$ref":"#/definitions/rule4"}},"rule33":{"type":"array","items":{"$ref":"#/definitions/rule4"},"minItems":1},"rule34":{"type":"object","properties":{"issuer":{"$ref":"#/definitions/rule4"},"audience":{"$ref":"#/definitions/rule4"},"jwks":{"$ref":"#/definitions/rule4"},"algorithms":{"$ref":"#/definitions/rule32"},"staleKeys":{"$ref":"#/definitions/rule13"},"forbidKeys":{"$ref":"#/definitions/rule32"},"tenants":{"$ref":"#/definitions/rule33"},"tenantClaim":{"$ref":"#/definitions/rule4"},"subjectClaim":{"$ref":"#/definitions/rule18"},"rolesClaim":{"$ref":"#/definitions/rule18"},"rolesSeparator":{"$ref":"#/definitions/rule4"},"groupRoles":{"$ref":"#/definitions/rule23"}},"required":["issuer","audience"],"additionalProperties":false},"rule35":{"type":"string","enum":["nothing","session"]},"rule36":{"type":"object","properties":{"issuer":{"$ref":"#/definitions/rule4"},"audience":{"$ref":"#/definitions/rule4"},"algorithms":{"$ref":"#/definitions/rule32"},"type":{"$ref":"#/definitions/rule4"},"opens":{"$ref":"#/definitions/rule35"},"staleKeys":{"$ref":"#/definitions/rule13"},"forbidKeys":{"$ref":"#/definitions/rule32"},"tenants":{"$ref":"#/definitions/rule33"},"tenantClaim":{"$ref":"#/definitions/rule4"},"subjectClaim":{"$ref":"#/definitions/rule18"},"rolesClaim":{"$ref":"#/definitions/rule18"},"rolesSeparator":{"$ref":"#/definitions/rule4"},"groupRoles":{"$ref":"#/definitions/rule23"}},"required":["issuer","audience"],"additionalProperties":false},"rule37":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[a-z_]+$"},"additionalProperties":{"$ref":"#/definitions/rule4"}},"rule38":{"type":"object","properties":{"issuer":{"$ref":"#/definitions/rule4"},"clientId":{"$ref":"#/definitions/rule4"},"clientSecret":{"$ref":"#/definitions/rule19"},"url":{"$ref":"#/definitions/rule4"},"scope":{"$ref":"#/definitions/rule4"},"parameters":{"$ref":"#/definitions/rule37"},"sameAddress":{"$ref":"#/definitions/rule3"},"wait":{"$ref":"#/definitions/rule13"},"subjectClaim":{"$ref":"#/definitions/rule18"},"rolesClaim":{"$ref":"#/definitions/rule18"},"rolesSeparator":{"$ref":"#/definitions/rule4"},"groupRoles":{"$ref":"#/definitions/rule23"}},"required":["issuer","clientId","url"],"additionalProperties":false},"rule39":{"type":"object","properties":{"subject":{"$ref":"#/definitions/rule4"},"roles":{"$ref":"#/definitions/rule16"}},"required":["subject"],"additionalProperties":false},"rule40":{"type":"string","enum":["dns","uri","email"]},"rule41":{"type":"array","items":{"$ref":"#/definitions/rule27"}},"rule42":{"type":"object","properties":{"san":{"$ref":"#/definitions/rule40"},"field":{"$ref":"#/definitions/rule4"},"value":{"$ref":"#/definitions/rule4"},"pattern":{"$ref":"#/definitions/rule4"},"subject":{"$ref":"#/definitions/rule4"},"roles":{"$ref":"#/definitions/rule16"},"issuer":{"$ref":"#/definitions/rule4"},"keys":{"$ref":"#/definitions/rule41"},"anyKey":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false},"rule43":{"type":"array","items":{"$ref":"#/definitions/rule42"},"minItems":1},"rule44":{"type":"string","enum":["Client-Cert","X-Forwarded-Client-Cert"]},"rule45":{"type":"object","properties":{"field":{"$ref":"#/definitions/rule44"},"rules":{"$ref":"#/definitions/rule43"}},"required":["field","rules"],"additionalProperties":false},"rule46":{"type":"object","properties":{"users":{"$ref":"#/definitions/rule4"},"htpasswd":{"$ref":"#/definitions/rule17"},"ldap":{"$ref":"#/definitions/rule26"},"keys":{"$ref":"#/definitions/rule29"},"apiKeys":{"$ref":"#/definitions/rule30"},"authorizedKeys":{"$ref":"#/definitions/rule31"},"jwt":{"$ref":"#/definitions/rule34"},"oidc":{"$ref":"#/definitions/rule36"},"external":{"$ref":"#/definitions/rule38"},"anonymous":{"$ref":"#/definitions/rule39"},"certificates":{"$ref":"#/definitions/rule43"},"forwardedCertificates":{"$ref":"#/definitions/rule45"}},"required":[],"additionalProperties":false,"minProperties":1,"maxProperties":2},"rule47":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule46"}},"rule48":{"type":"string","pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"rule49":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule48"}},"rule50":{"type":"integer","minimum":0,"maximum":99},"rule51":{"type":"integer","minimum":1,"maximum":100},"rule52":{"type":"object","properties":{"off":{"$ref":"#/definitions/rule3"},"freeFailures":{"$ref":"#/definitions/rule50"},"firstDelay":{"$ref":"#/definitions/rule13"},"longestDelay":{"$ref":"#/definitions/rule13"},"forgetFailure":{"$ref":"#/definitions/rule13"},"maxFailures":{"$ref":"#/definitions/rule51"},"sourceBurst":{"$ref":"#/definitions/rule25"},"sourceRefill":{"$ref":"#/definitions/rule13"},"totalBurst":{"$ref":"#/definitions/rule25"},"totalRefill":{"$ref":"#/definitions/rule13"},"maxUnderWay":{"$ref":"#/definitions/rule25"}},"required":[],"additionalProperties":false},"rule53":{"type":"array","items":{"$ref":"#/definitions/rule48"}},"rule54":{"type":"object","properties":{"actors":{"$ref":"#/definitions/rule32"},"actorRoles":{"$ref":"#/definitions/rule16"},"targets":{"$ref":"#/definitions/rule32"},"targetRoles":{"$ref":"#/definitions/rule16"},"except":{"$ref":"#/definitions/rule32"},"exceptRoles":{"$ref":"#/definitions/rule16"},"schemes":{"$ref":"#/definitions/rule53"},"scopes":{"$ref":"#/definitions/rule32"},"acr":{"$ref":"#/definitions/rule32"},"maxAge":{"$ref":"#/definitions/rule13"},"services":{"$ref":"#/definitions/rule32"},"reasonRequired":{"$ref":"#/definitions/rule3"},"maxDuration":{"$ref":"#/definitions/rule13"},"nested":{"$ref":"#/definitions/rule3"},"detached":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false},"rule55":{"type":"array","items":{"$ref":"#/definitions/rule54"},"minItems":1},"rule56":{"type":"object","properties":{"users":{"$ref":"#/definitions/rule4"},"rules":{"$ref":"#/definitions/rule55"}},"required":["rules"],"additionalProperties":false},"rule57":{"type":"object","properties":{"certificate":{"$ref":"#/definitions/rule3"},"baseUrls":{"$ref":"#/definitions/rule32"},"nonce":{"$ref":"#/definitions/rule3"},"proofLife":{"$ref":"#/definitions/rule13"},"sharedReplay":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false},"rule58":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[^\\p{Cc}]{1,256}$"},"additionalProperties":{"$ref":"#/definitions/rule32"}},"rule59":{"type":"string","enum":["alarm","revoke"]},"rule60":{"type":"object","properties":{"services":{"$ref":"#/definitions/rule58"},"onMisuse":{"$ref":"#/definitions/rule59"}},"required":[],"additionalProperties":false},"rule61":{"type":"object","properties":{"policy":{"$ref":"#/definitions/rule12"},"rotateAfter":{"$ref":"#/definitions/rule13"},"overlap":{"$ref":"#/definitions/rule13"},"straggler":{"$ref":"#/definitions/rule13"},"lifetime":{"$ref":"#/definitions/rule13"},"idle":{"$ref":"#/definitions/rule13"},"absolute":{"$ref":"#/definitions/rule13"},"unclaimed":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false},"rule62":{"type":"object","properties":{"session":{"$ref":"#/definitions/rule61"},"keepOpen":{"$ref":"#/definitions/rule3"},"cookie":{"$ref":"#/definitions/rule48"}},"required":[],"additionalProperties":false},"rule63":{"type":"object","minProperties":1,"propertyNames":{"minLength":1},"additionalProperties":{"$ref":"#/definitions/rule4"}},"rule64":{"type":"object","properties":{"session":{"$ref":"#/definitions/rule61"},"authHandlers":{"$ref":"#/definitions/rule32"},"authenticationConstants":{"$ref":"#/definitions/rule63"},"configurationConstants":{"$ref":"#/definitions/rule63"}},"required":[],"additionalProperties":false},"rule65":{"type":["string","array"],"minLength":1,"items":{"$ref":"#/definitions/rule4"}},"rule66":{"type":"object","properties":{"cookieLife":{"$ref":"#/definitions/rule13"},"tokenLife":{"$ref":"#/definitions/rule13"},"verifyTokenFrom":{"$ref":"#/definitions/rule65"},"delegateServices":{"$ref":"#/definitions/rule32"},"detachedServices":{"$ref":"#/definitions/rule32"},"reloadRoles":{"$ref":"#/definitions/rule16"},"address":{"$ref":"#/definitions/rule2"}},"required":[],"additionalProperties":false},"rule67":{"type":"object","properties":{"path":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false},"rule68":{"type":"object","properties":{"flight":{"$ref":"#/definitions/rule62"},"deephavenCore":{"$ref":"#/definitions/rule64"},"deephavenEnterprise":{"$ref":"#/definitions/rule66"},"forwardAuth":{"$ref":"#/definitions/rule67"},"health":{"$ref":"#/definitions/rule67"},"reflection":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false},"rule69":{"type":"object","properties":{"origins":{"$ref":"#/definitions/rule32"},"methods":{"$ref":"#/definitions/rule32"},"allowedHeaders":{"$ref":"#/definitions/rule32"},"exposedHeaders":{"$ref":"#/definitions/rule32"},"maxAge":{"$ref":"#/definitions/rule13"}},"required":["origins"],"additionalProperties":false},"rule70":{"type":"string","pattern":"^[A-Z]+$"},"rule71":{"type":"array","items":{"$ref":"#/definitions/rule70"},"minItems":1},"rule72":{"type":"object","properties":{"host":{"$ref":"#/definitions/rule4"},"path":{"$ref":"#/definitions/rule4"},"procedure":{"$ref":"#/definitions/rule4"},"methods":{"$ref":"#/definitions/rule71"}},"required":[],"additionalProperties":false},"rule73":{"type":"array","items":{"$ref":"#/definitions/rule15"},"minItems":1},"rule74":{"type":"string","pattern":"^[!#-\\[\\]-~]+$"},"rule75":{"type":"array","items":{"$ref":"#/definitions/rule74"},"minItems":1},"rule76":{"type":"array","items":{"$ref":"#/definitions/rule48"},"minItems":1},"rule77":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^(?!__proto__$).+$"},"additionalProperties":{"$ref":"#/definitions/rule33"}},"rule78":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule19"}},"rule79":{"type":"object","properties":{"set":{"$ref":"#/definitions/rule78"},"remove":{"$ref":"#/definitions/rule32"}},"required":[],"additionalProperties":false},"rule80":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule4"}},"rule81":{"type":"object","properties":{"set":{"$ref":"#/definitions/rule80"},"remove":{"$ref":"#/definitions/rule32"}},"required":[],"additionalProperties":false},"rule82":{"type":"object","properties":{"url":{"$ref":"#/definitions/rule4"},"timeout":{"$ref":"#/definitions/rule13"},"claims":{"$ref":"#/definitions/rule32"},"bearerToken":{"$ref":"#/definitions/rule19"}},"required":["url"],"additionalProperties":false},"rule83":{"type":"object","properties":{"requests":{"$ref":"#/definitions/rule25"},"per":{"$ref":"#/definitions/rule13"},"burst":{"$ref":"#/definitions/rule25"}},"required":["requests"],"additionalProperties":false},"rule84":{"type":"integer","minimum":0,"maximum":9007199254740991},"rule85":{"type":"object","properties":{"maxBodyBytes":{"$ref":"#/definitions/rule84"},"maxConcurrent":{"$ref":"#/definitions/rule25"},"headersTimeout":{"$ref":"#/definitions/rule13"},"bodyTimeout":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false,"minProperties":1},"rule86":{"type":"integer","minimum":1024,"maximum":67108864},"rule87":{"type":"object","properties":{"idempotent":{"$ref":"#/definitions/rule32"},"maxMessageBytes":{"$ref":"#/definitions/rule86"},"descriptors":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false},"rule88":{"type":"object","properties":{"match":{"$ref":"#/definitions/rule72"},"upstream":{"$ref":"#/definitions/rule4"},"anonymous":{"enum":[true,false,"everything"]},"roles":{"$ref":"#/definitions/rule73"},"scopes":{"$ref":"#/definitions/rule75"},"schemes":{"$ref":"#/definitions/rule76"},"claims":{"$ref":"#/definitions/rule77"},"networks":{"$ref":"#/definitions/rule33"},"maxAge":{"$ref":"#/definitions/rule13"},"readTimeout":{"$ref":"#/definitions/rule13"},"acr":{"$ref":"#/definitions/rule32"},"cors":{"$ref":"#/definitions/rule69"},"stripPrefix":{"$ref":"#/definitions/rule4"},"addPrefix":{"$ref":"#/definitions/rule4"},"ambiguousPaths":{"$ref":"#/definitions/rule3"},"requestHeaders":{"$ref":"#/definitions/rule79"},"responseHeaders":{"$ref":"#/definitions/rule81"},"authorize":{"$ref":"#/definitions/rule82"},"rate":{"$ref":"#/definitions/rule83"},"limits":{"$ref":"#/definitions/rule85"},"rpc":{"$ref":"#/definitions/rule87"},"webSocketTicket":{"$ref":"#/definitions/rule4"},"forwardAuthorization":{"$ref":"#/definitions/rule3"}},"required":["match"],"additionalProperties":false},"rule89":{"type":"array","items":{"$ref":"#/definitions/rule88"},"minItems":1},"rule90":{"type":"object","properties":{"path":{"$ref":"#/definitions/rule4"},"service":{"$ref":"#/definitions/rule4"},"interval":{"$ref":"#/definitions/rule13"},"timeout":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false},"rule91":{"type":"object","properties":{"ca":{"$ref":"#/definitions/rule4"},"certificate":{"$ref":"#/definitions/rule4"},"key":{"$ref":"#/definitions/rule4"},"serverName":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false},"rule92":{"type":"string","enum":["http","grpc"]},"rule93":{"type":"string","enum":["deephaven","flight","sallyport","http"]},"rule94":{"type":"object","properties":{"wire":{"$ref":"#/definitions/rule93"},"scheme":{"$ref":"#/definitions/rule48"},"user":{"$ref":"#/definitions/rule4"},"secret":{"$ref":"#/definitions/rule19"},"path":{"$ref":"#/definitions/rule4"},"logOut":{"$ref":"#/definitions/rule4"},"keepAlive":{"$ref":"#/definitions/rule13"}},"required":["wire","secret"],"additionalProperties":false},"rule95":{"type":"string","enum":["headers","none"]},"rule96":{"type":"integer","minimum":1024,"maximum":1048576},"rule97":{"type":"object","properties":{"url":{"$ref":"#/definitions/rule18"},"health":{"$ref":"#/definitions/rule90"},"tls":{"$ref":"#/definitions/rule91"},"host":{"$ref":"#/definitions/rule4"},"protocol":{"$ref":"#/definitions/rule92"},"credential":{"$ref":"#/definitions/rule94"},"identity":{"$ref":"#/definitions/rule95"},"ignoresCase":{"$ref":"#/definitions/rule3"},"via":{"$ref":"#/definitions/rule3"},"connectTimeout":{"$ref":"#/definitions/rule13"},"headersTimeout":{"$ref":"#/definitions/rule13"},"bodyTimeout":{"$ref":"#/definitions/rule13"},"maxHeaderBytes":{"$ref":"#/definitions/rule96"},"maxConnections":{"$ref":"#/definitions/rule25"}},"required":["url"],"additionalProperties":false},"rule98":{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Za-z0-9][A-Za-z0-9._-]*$"},"additionalProperties":{"$ref":"#/definitions/rule97"}},"rule99":{"type":"integer","minimum":8192,"maximum":65536},"rule100":{"type":"integer","minimum":256,"maximum":65536},"rule101":{"type":"object","properties":{"headersTimeout":{"$ref":"#/definitions/rule13"},"readTimeout":{"$ref":"#/definitions/rule13"},"stopTimeout":{"$ref":"#/definitions/rule13"},"stopDelay":{"$ref":"#/definitions/rule13"},"maxConnections":{"$ref":"#/definitions/rule25"},"maxHeaderBytes":{"$ref":"#/definitions/rule99"},"maxAuthorizationLength":{"$ref":"#/definitions/rule100"}},"required":[],"additionalProperties":false},"rule102":{"type":"string","enum":["continue","refuse"]},"rule103":{"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"},"fsync":{"$ref":"#/definitions/rule3"},"onFailure":{"$ref":"#/definitions/rule102"}},"required":["file","onFailure"],"additionalProperties":false},"rule104":{"type":"string","enum":["debug","info","warn","error","silent"]},"rule105":{"type":"number","minimum":0,"maximum":1},"rule106":{"type":"string","enum":["json","text"]},"rule107":{"type":"object","properties":{"level":{"$ref":"#/definitions/rule104"},"requests":{"$ref":"#/definitions/rule105"},"format":{"$ref":"#/definitions/rule106"}},"required":[],"additionalProperties":false}}};
const func2 = Object.prototype.hasOwnProperty;
const schema7 = {"type":"string","pattern":"^[\\x20-\\x7e]{1,128}$"};
const pattern0 = new RegExp("^[\\x20-\\x7e]{1,128}$", "u");

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern0.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[\\x20-\\x7e]{1,128}$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate22.errors = vErrors;
return errors === 0;
}

const schema8 = {"type":"array","items":{"$ref":"#/definitions/rule7"},"minItems":1};
const schema9 = {"type":"object","properties":{"address":{"$ref":"#/definitions/rule2"},"insecure":{"$ref":"#/definitions/rule3"},"tls":{"$ref":"#/definitions/rule6"},"proxyProtocol":{"$ref":"#/definitions/rule3"}},"required":["address"],"additionalProperties":false};
const schema10 = {"type":"string"};

function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate26.errors = vErrors;
return errors === 0;
}

const schema11 = {"type":"boolean"};

function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "boolean"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate28.errors = vErrors;
return errors === 0;
}

const schema12 = {"type":"object","properties":{"cert":{"$ref":"#/definitions/rule4"},"key":{"$ref":"#/definitions/rule4"},"clientCa":{"$ref":"#/definitions/rule4"},"clientCertificate":{"$ref":"#/definitions/rule5"}},"required":["cert","key"],"additionalProperties":false};
const schema13 = {"type":"string","minLength":1};
const func3 = function ucs2length(str) {
    const len = str.length;
    let length = 0;
    let pos = 0;
    let value;
    while (pos < len) {
        length++;
        value = str.charCodeAt(pos++);
        if (value >= 0xd800 && value <= 0xdbff && pos < len) {
            // high surrogate, and there is a next character
            value = str.charCodeAt(pos);
            if ((value & 0xfc00) === 0xdc00)
                pos++; // low surrogate
        }
    }
    return length;
};

function validate31(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(func3(data) < 1){
const err0 = {instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate31.errors = vErrors;
return errors === 0;
}

const schema14 = {"type":"string","enum":["none","request","require"]};

function validate35(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((data === "none") || (data === "request")) || (data === "require"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema14.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate35.errors = vErrors;
return errors === 0;
}


function validate30(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.cert === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "cert"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.key === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "key"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "cert") || (key0 === "key")) || (key0 === "clientCa")) || (key0 === "clientCertificate"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.cert !== undefined){
if(!(validate31(data.cert, {instancePath:instancePath+"/cert",parentData:data,parentDataProperty:"cert",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.key !== undefined){
if(!(validate31(data.key, {instancePath:instancePath+"/key",parentData:data,parentDataProperty:"key",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.clientCa !== undefined){
if(!(validate31(data.clientCa, {instancePath:instancePath+"/clientCa",parentData:data,parentDataProperty:"clientCa",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.clientCertificate !== undefined){
if(!(validate35(data.clientCertificate, {instancePath:instancePath+"/clientCertificate",parentData:data,parentDataProperty:"clientCertificate",rootData}))){
vErrors = vErrors === null ? validate35.errors : vErrors.concat(validate35.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate30.errors = vErrors;
return errors === 0;
}


function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.address === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "address"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "address") || (key0 === "insecure")) || (key0 === "tls")) || (key0 === "proxyProtocol"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.address !== undefined){
if(!(validate26(data.address, {instancePath:instancePath+"/address",parentData:data,parentDataProperty:"address",rootData}))){
vErrors = vErrors === null ? validate26.errors : vErrors.concat(validate26.errors);
errors = vErrors.length;
}
}
if(data.insecure !== undefined){
if(!(validate28(data.insecure, {instancePath:instancePath+"/insecure",parentData:data,parentDataProperty:"insecure",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.tls !== undefined){
if(!(validate30(data.tls, {instancePath:instancePath+"/tls",parentData:data,parentDataProperty:"tls",rootData}))){
vErrors = vErrors === null ? validate30.errors : vErrors.concat(validate30.errors);
errors = vErrors.length;
}
}
if(data.proxyProtocol !== undefined){
if(!(validate28(data.proxyProtocol, {instancePath:instancePath+"/proxyProtocol",parentData:data,parentDataProperty:"proxyProtocol",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate25.errors = vErrors;
return errors === 0;
}


function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate25(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate24.errors = vErrors;
return errors === 0;
}

const schema15 = {"type":"object","properties":{"address":{"$ref":"#/definitions/rule2"},"insecure":{"$ref":"#/definitions/rule3"}},"required":["address"],"additionalProperties":false};

function validate41(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.address === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "address"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "address") || (key0 === "insecure"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.address !== undefined){
if(!(validate26(data.address, {instancePath:instancePath+"/address",parentData:data,parentDataProperty:"address",rootData}))){
vErrors = vErrors === null ? validate26.errors : vErrors.concat(validate26.errors);
errors = vErrors.length;
}
}
if(data.insecure !== undefined){
if(!(validate28(data.insecure, {instancePath:instancePath+"/insecure",parentData:data,parentDataProperty:"insecure",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate41.errors = vErrors;
return errors === 0;
}

const schema16 = {"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"}},"required":["file"],"additionalProperties":false};

function validate45(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.file === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "file"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(key0 === "file")){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.file !== undefined){
if(!(validate31(data.file, {instancePath:instancePath+"/file",parentData:data,parentDataProperty:"file",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate45.errors = vErrors;
return errors === 0;
}

const schema17 = {"type":"object","properties":{"sqlite":{"$ref":"#/definitions/rule4"},"memory":{"const":true}},"required":[],"additionalProperties":false,"minProperties":1,"maxProperties":1};

function validate48(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length > 1){
const err0 = {instancePath,schemaPath:"#/maxProperties",keyword:"maxProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(Object.keys(data).length < 1){
const err1 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "sqlite") || (key0 === "memory"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.sqlite !== undefined){
if(!(validate31(data.sqlite, {instancePath:instancePath+"/sqlite",parentData:data,parentDataProperty:"sqlite",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.memory !== undefined){
if(true !== data.memory){
const err3 = {instancePath:instancePath+"/memory",schemaPath:"#/properties/memory/const",keyword:"const",params:{allowedValue: true}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate48.errors = vErrors;
return errors === 0;
}

const schema18 = {"type":"object","properties":{"policy":{"$ref":"#/definitions/rule12"},"rotateAfter":{"$ref":"#/definitions/rule13"},"overlap":{"$ref":"#/definitions/rule13"},"straggler":{"$ref":"#/definitions/rule13"},"lifetime":{"$ref":"#/definitions/rule13"},"idle":{"$ref":"#/definitions/rule13"},"absolute":{"$ref":"#/definitions/rule13"},"unclaimed":{"$ref":"#/definitions/rule13"},"recheck":{"$ref":"#/definitions/rule13"},"recheckStale":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false};
const schema19 = {"type":"string","enum":["confirm-then-cut","overlapping"]};

function validate52(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "confirm-then-cut") || (data === "overlapping"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema19.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate52.errors = vErrors;
return errors === 0;
}

const schema20 = {"type":"string","pattern":"^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$"};
const pattern1 = new RegExp("^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$", "u");

function validate54(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern1.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate54.errors = vErrors;
return errors === 0;
}


function validate51(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema18.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.policy !== undefined){
if(!(validate52(data.policy, {instancePath:instancePath+"/policy",parentData:data,parentDataProperty:"policy",rootData}))){
vErrors = vErrors === null ? validate52.errors : vErrors.concat(validate52.errors);
errors = vErrors.length;
}
}
if(data.rotateAfter !== undefined){
if(!(validate54(data.rotateAfter, {instancePath:instancePath+"/rotateAfter",parentData:data,parentDataProperty:"rotateAfter",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.overlap !== undefined){
if(!(validate54(data.overlap, {instancePath:instancePath+"/overlap",parentData:data,parentDataProperty:"overlap",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.straggler !== undefined){
if(!(validate54(data.straggler, {instancePath:instancePath+"/straggler",parentData:data,parentDataProperty:"straggler",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.lifetime !== undefined){
if(!(validate54(data.lifetime, {instancePath:instancePath+"/lifetime",parentData:data,parentDataProperty:"lifetime",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.idle !== undefined){
if(!(validate54(data.idle, {instancePath:instancePath+"/idle",parentData:data,parentDataProperty:"idle",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.absolute !== undefined){
if(!(validate54(data.absolute, {instancePath:instancePath+"/absolute",parentData:data,parentDataProperty:"absolute",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.unclaimed !== undefined){
if(!(validate54(data.unclaimed, {instancePath:instancePath+"/unclaimed",parentData:data,parentDataProperty:"unclaimed",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.recheck !== undefined){
if(!(validate54(data.recheck, {instancePath:instancePath+"/recheck",parentData:data,parentDataProperty:"recheck",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.recheckStale !== undefined){
if(!(validate54(data.recheckStale, {instancePath:instancePath+"/recheckStale",parentData:data,parentDataProperty:"recheckStale",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate51.errors = vErrors;
return errors === 0;
}

const schema21 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule46"}};
const pattern2 = new RegExp("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "u");
const schema22 = {"type":"object","properties":{"users":{"$ref":"#/definitions/rule4"},"htpasswd":{"$ref":"#/definitions/rule17"},"ldap":{"$ref":"#/definitions/rule26"},"keys":{"$ref":"#/definitions/rule29"},"apiKeys":{"$ref":"#/definitions/rule30"},"authorizedKeys":{"$ref":"#/definitions/rule31"},"jwt":{"$ref":"#/definitions/rule34"},"oidc":{"$ref":"#/definitions/rule36"},"external":{"$ref":"#/definitions/rule38"},"anonymous":{"$ref":"#/definitions/rule39"},"certificates":{"$ref":"#/definitions/rule43"},"forwardedCertificates":{"$ref":"#/definitions/rule45"}},"required":[],"additionalProperties":false,"minProperties":1,"maxProperties":2};
const schema23 = {"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"},"roles":{"$ref":"#/definitions/rule16"}},"required":["file"],"additionalProperties":false};
const schema24 = {"type":"array","items":{"$ref":"#/definitions/rule15"}};
const schema25 = {"type":"string","pattern":"^[\\w.@/-]+$"};
const pattern3 = new RegExp("^[\\w.@/-]+$", "u");

function validate71(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern3.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[\\w.@/-]+$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate71.errors = vErrors;
return errors === 0;
}


function validate70(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate71(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate71.errors : vErrors.concat(validate71.errors);
errors = vErrors.length;
}
}
}
else {
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate70.errors = vErrors;
return errors === 0;
}


function validate68(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.file === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "file"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "file") || (key0 === "roles"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.file !== undefined){
if(!(validate31(data.file, {instancePath:instancePath+"/file",parentData:data,parentDataProperty:"file",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.roles !== undefined){
if(!(validate70(data.roles, {instancePath:instancePath+"/roles",parentData:data,parentDataProperty:"roles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate68.errors = vErrors;
return errors === 0;
}

const schema26 = {"type":"object","properties":{"url":{"$ref":"#/definitions/rule18"},"ca":{"$ref":"#/definitions/rule4"},"startTls":{"$ref":"#/definitions/rule3"},"insecure":{"$ref":"#/definitions/rule3"},"bind":{"$ref":"#/definitions/rule20"},"users":{"$ref":"#/definitions/rule21"},"subject":{"$ref":"#/definitions/rule4"},"groups":{"$ref":"#/definitions/rule24"},"decoyDn":{"$ref":"#/definitions/rule4"},"timeout":{"$ref":"#/definitions/rule13"},"connectTimeout":{"$ref":"#/definitions/rule13"},"maxConnections":{"$ref":"#/definitions/rule25"}},"required":["url","users"],"additionalProperties":false};
const schema27 = {"type":["string","array"],"minLength":1,"minItems":1,"items":{"$ref":"#/definitions/rule4"}};

function validate76(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema27.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(func3(data) < 1){
const err1 = {instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(Array.isArray(data)){
if(data.length < 1){
const err2 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate31(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
validate76.errors = vErrors;
return errors === 0;
}

const schema28 = {"type":"object","properties":{"dn":{"$ref":"#/definitions/rule4"},"password":{"$ref":"#/definitions/rule19"}},"required":["dn","password"],"additionalProperties":false};
const schema29 = {"type":["string","object"],"minLength":1,"properties":{"file":{"$ref":"#/definitions/rule4"}},"required":["file"],"additionalProperties":false};

function validate84(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(data && typeof data == "object" && !Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema29.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(func3(data) < 1){
const err1 = {instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.file === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "file"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
if(!(key0 === "file")){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.file !== undefined){
if(!(validate31(data.file, {instancePath:instancePath+"/file",parentData:data,parentDataProperty:"file",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
validate84.errors = vErrors;
return errors === 0;
}


function validate82(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.dn === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "dn"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.password === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "password"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "dn") || (key0 === "password"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.dn !== undefined){
if(!(validate31(data.dn, {instancePath:instancePath+"/dn",parentData:data,parentDataProperty:"dn",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.password !== undefined){
if(!(validate84(data.password, {instancePath:instancePath+"/password",parentData:data,parentDataProperty:"password",rootData}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate82.errors = vErrors;
return errors === 0;
}

const schema30 = {"type":"object","properties":{"base":{"$ref":"#/definitions/rule4"},"filter":{"$ref":"#/definitions/rule4"},"dn":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false};

function validate88(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "base") || (key0 === "filter")) || (key0 === "dn"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.base !== undefined){
if(!(validate31(data.base, {instancePath:instancePath+"/base",parentData:data,parentDataProperty:"base",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.filter !== undefined){
if(!(validate31(data.filter, {instancePath:instancePath+"/filter",parentData:data,parentDataProperty:"filter",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.dn !== undefined){
if(!(validate31(data.dn, {instancePath:instancePath+"/dn",parentData:data,parentDataProperty:"dn",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate88.errors = vErrors;
return errors === 0;
}

const schema31 = {"type":"object","properties":{"base":{"$ref":"#/definitions/rule4"},"member":{"$ref":"#/definitions/rule22"},"nested":{"$ref":"#/definitions/rule3"},"roles":{"$ref":"#/definitions/rule23"}},"required":["roles"],"additionalProperties":false};
const schema32 = {"type":"string","enum":["member","uniqueMember","memberUid"]};

function validate96(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((data === "member") || (data === "uniqueMember")) || (data === "memberUid"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema32.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate96.errors = vErrors;
return errors === 0;
}

const schema33 = {"type":"object","minProperties":1,"propertyNames":{"minLength":1},"additionalProperties":{"$ref":"#/definitions/rule16"}};

function validate99(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(func3(key0) < 1){
const err1 = {instancePath,schemaPath:"#/propertyNames/minLength",keyword:"minLength",params:{limit: 1},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate70(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate99.errors = vErrors;
return errors === 0;
}


function validate94(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.roles === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "roles"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "base") || (key0 === "member")) || (key0 === "nested")) || (key0 === "roles"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.base !== undefined){
if(!(validate31(data.base, {instancePath:instancePath+"/base",parentData:data,parentDataProperty:"base",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.member !== undefined){
if(!(validate96(data.member, {instancePath:instancePath+"/member",parentData:data,parentDataProperty:"member",rootData}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
if(data.nested !== undefined){
if(!(validate28(data.nested, {instancePath:instancePath+"/nested",parentData:data,parentDataProperty:"nested",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.roles !== undefined){
if(!(validate99(data.roles, {instancePath:instancePath+"/roles",parentData:data,parentDataProperty:"roles",rootData}))){
vErrors = vErrors === null ? validate99.errors : vErrors.concat(validate99.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate94.errors = vErrors;
return errors === 0;
}

const schema34 = {"type":"integer","minimum":1,"maximum":1000000};

function validate106(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 1000000 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 1 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate106.errors = vErrors;
return errors === 0;
}


function validate75(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.url === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "url"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.users === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "users"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema26.properties, key0))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.url !== undefined){
if(!(validate76(data.url, {instancePath:instancePath+"/url",parentData:data,parentDataProperty:"url",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.ca !== undefined){
if(!(validate31(data.ca, {instancePath:instancePath+"/ca",parentData:data,parentDataProperty:"ca",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.startTls !== undefined){
if(!(validate28(data.startTls, {instancePath:instancePath+"/startTls",parentData:data,parentDataProperty:"startTls",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.insecure !== undefined){
if(!(validate28(data.insecure, {instancePath:instancePath+"/insecure",parentData:data,parentDataProperty:"insecure",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.bind !== undefined){
if(!(validate82(data.bind, {instancePath:instancePath+"/bind",parentData:data,parentDataProperty:"bind",rootData}))){
vErrors = vErrors === null ? validate82.errors : vErrors.concat(validate82.errors);
errors = vErrors.length;
}
}
if(data.users !== undefined){
if(!(validate88(data.users, {instancePath:instancePath+"/users",parentData:data,parentDataProperty:"users",rootData}))){
vErrors = vErrors === null ? validate88.errors : vErrors.concat(validate88.errors);
errors = vErrors.length;
}
}
if(data.subject !== undefined){
if(!(validate31(data.subject, {instancePath:instancePath+"/subject",parentData:data,parentDataProperty:"subject",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.groups !== undefined){
if(!(validate94(data.groups, {instancePath:instancePath+"/groups",parentData:data,parentDataProperty:"groups",rootData}))){
vErrors = vErrors === null ? validate94.errors : vErrors.concat(validate94.errors);
errors = vErrors.length;
}
}
if(data.decoyDn !== undefined){
if(!(validate31(data.decoyDn, {instancePath:instancePath+"/decoyDn",parentData:data,parentDataProperty:"decoyDn",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.timeout !== undefined){
if(!(validate54(data.timeout, {instancePath:instancePath+"/timeout",parentData:data,parentDataProperty:"timeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.connectTimeout !== undefined){
if(!(validate54(data.connectTimeout, {instancePath:instancePath+"/connectTimeout",parentData:data,parentDataProperty:"connectTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.maxConnections !== undefined){
if(!(validate106(data.maxConnections, {instancePath:instancePath+"/maxConnections",parentData:data,parentDataProperty:"maxConnections",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate75.errors = vErrors;
return errors === 0;
}

const schema35 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Za-z0-9][A-Za-z0-9._-]*$"},"additionalProperties":{"$ref":"#/definitions/rule28"}};
const pattern4 = new RegExp("^[A-Za-z0-9][A-Za-z0-9._-]*$", "u");
const schema36 = {"type":"object","properties":{"key":{"$ref":"#/definitions/rule19"},"sha256":{"$ref":"#/definitions/rule27"},"roles":{"$ref":"#/definitions/rule16"}},"required":[],"additionalProperties":false};
const schema37 = {"type":"string","pattern":"^[0-9a-f]{64}$"};
const pattern5 = new RegExp("^[0-9a-f]{64}$", "u");

function validate112(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern5.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[0-9a-f]{64}$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate112.errors = vErrors;
return errors === 0;
}


function validate110(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "key") || (key0 === "sha256")) || (key0 === "roles"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.key !== undefined){
if(!(validate84(data.key, {instancePath:instancePath+"/key",parentData:data,parentDataProperty:"key",rootData}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
if(data.sha256 !== undefined){
if(!(validate112(data.sha256, {instancePath:instancePath+"/sha256",parentData:data,parentDataProperty:"sha256",rootData}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.roles !== undefined){
if(!(validate70(data.roles, {instancePath:instancePath+"/roles",parentData:data,parentDataProperty:"roles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate110.errors = vErrors;
return errors === 0;
}


function validate109(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern4.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate110(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate110.errors : vErrors.concat(validate110.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate109.errors = vErrors;
return errors === 0;
}

const schema38 = {"type":["string","object"],"minLength":1,"properties":{"file":{"$ref":"#/definitions/rule4"},"header":{"$ref":"#/definitions/rule4"}},"required":["file"],"additionalProperties":false};

function validate117(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(data && typeof data == "object" && !Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema38.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(func3(data) < 1){
const err1 = {instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.file === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "file"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "file") || (key0 === "header"))){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.file !== undefined){
if(!(validate31(data.file, {instancePath:instancePath+"/file",parentData:data,parentDataProperty:"file",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.header !== undefined){
if(!(validate31(data.header, {instancePath:instancePath+"/header",parentData:data,parentDataProperty:"header",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
validate117.errors = vErrors;
return errors === 0;
}

const schema39 = {"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"},"rawChallenges":{"$ref":"#/definitions/rule3"},"allowLegacyDsa":{"$ref":"#/definitions/rule3"}},"required":["file"],"additionalProperties":false};

function validate121(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.file === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "file"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((key0 === "file") || (key0 === "rawChallenges")) || (key0 === "allowLegacyDsa"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.file !== undefined){
if(!(validate31(data.file, {instancePath:instancePath+"/file",parentData:data,parentDataProperty:"file",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.rawChallenges !== undefined){
if(!(validate28(data.rawChallenges, {instancePath:instancePath+"/rawChallenges",parentData:data,parentDataProperty:"rawChallenges",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.allowLegacyDsa !== undefined){
if(!(validate28(data.allowLegacyDsa, {instancePath:instancePath+"/allowLegacyDsa",parentData:data,parentDataProperty:"allowLegacyDsa",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate121.errors = vErrors;
return errors === 0;
}

const schema40 = {"type":"object","properties":{"issuer":{"$ref":"#/definitions/rule4"},"audience":{"$ref":"#/definitions/rule4"},"jwks":{"$ref":"#/definitions/rule4"},"algorithms":{"$ref":"#/definitions/rule32"},"staleKeys":{"$ref":"#/definitions/rule13"},"forbidKeys":{"$ref":"#/definitions/rule32"},"tenants":{"$ref":"#/definitions/rule33"},"tenantClaim":{"$ref":"#/definitions/rule4"},"subjectClaim":{"$ref":"#/definitions/rule18"},"rolesClaim":{"$ref":"#/definitions/rule18"},"rolesSeparator":{"$ref":"#/definitions/rule4"},"groupRoles":{"$ref":"#/definitions/rule23"}},"required":["issuer","audience"],"additionalProperties":false};
const schema41 = {"type":"array","items":{"$ref":"#/definitions/rule4"}};

function validate130(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate31(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate130.errors = vErrors;
return errors === 0;
}

const schema42 = {"type":"array","items":{"$ref":"#/definitions/rule4"},"minItems":1};

function validate135(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate31(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate135.errors = vErrors;
return errors === 0;
}


function validate126(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.issuer === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "issuer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.audience === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "audience"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema40.properties, key0))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.issuer !== undefined){
if(!(validate31(data.issuer, {instancePath:instancePath+"/issuer",parentData:data,parentDataProperty:"issuer",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.audience !== undefined){
if(!(validate31(data.audience, {instancePath:instancePath+"/audience",parentData:data,parentDataProperty:"audience",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.jwks !== undefined){
if(!(validate31(data.jwks, {instancePath:instancePath+"/jwks",parentData:data,parentDataProperty:"jwks",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.algorithms !== undefined){
if(!(validate130(data.algorithms, {instancePath:instancePath+"/algorithms",parentData:data,parentDataProperty:"algorithms",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.staleKeys !== undefined){
if(!(validate54(data.staleKeys, {instancePath:instancePath+"/staleKeys",parentData:data,parentDataProperty:"staleKeys",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.forbidKeys !== undefined){
if(!(validate130(data.forbidKeys, {instancePath:instancePath+"/forbidKeys",parentData:data,parentDataProperty:"forbidKeys",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.tenants !== undefined){
if(!(validate135(data.tenants, {instancePath:instancePath+"/tenants",parentData:data,parentDataProperty:"tenants",rootData}))){
vErrors = vErrors === null ? validate135.errors : vErrors.concat(validate135.errors);
errors = vErrors.length;
}
}
if(data.tenantClaim !== undefined){
if(!(validate31(data.tenantClaim, {instancePath:instancePath+"/tenantClaim",parentData:data,parentDataProperty:"tenantClaim",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.subjectClaim !== undefined){
if(!(validate76(data.subjectClaim, {instancePath:instancePath+"/subjectClaim",parentData:data,parentDataProperty:"subjectClaim",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.rolesClaim !== undefined){
if(!(validate76(data.rolesClaim, {instancePath:instancePath+"/rolesClaim",parentData:data,parentDataProperty:"rolesClaim",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.rolesSeparator !== undefined){
if(!(validate31(data.rolesSeparator, {instancePath:instancePath+"/rolesSeparator",parentData:data,parentDataProperty:"rolesSeparator",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.groupRoles !== undefined){
if(!(validate99(data.groupRoles, {instancePath:instancePath+"/groupRoles",parentData:data,parentDataProperty:"groupRoles",rootData}))){
vErrors = vErrors === null ? validate99.errors : vErrors.concat(validate99.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate126.errors = vErrors;
return errors === 0;
}

const schema43 = {"type":"object","properties":{"issuer":{"$ref":"#/definitions/rule4"},"audience":{"$ref":"#/definitions/rule4"},"algorithms":{"$ref":"#/definitions/rule32"},"type":{"$ref":"#/definitions/rule4"},"opens":{"$ref":"#/definitions/rule35"},"staleKeys":{"$ref":"#/definitions/rule13"},"forbidKeys":{"$ref":"#/definitions/rule32"},"tenants":{"$ref":"#/definitions/rule33"},"tenantClaim":{"$ref":"#/definitions/rule4"},"subjectClaim":{"$ref":"#/definitions/rule18"},"rolesClaim":{"$ref":"#/definitions/rule18"},"rolesSeparator":{"$ref":"#/definitions/rule4"},"groupRoles":{"$ref":"#/definitions/rule23"}},"required":["issuer","audience"],"additionalProperties":false};
const schema44 = {"type":"string","enum":["nothing","session"]};

function validate149(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "nothing") || (data === "session"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema44.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate149.errors = vErrors;
return errors === 0;
}


function validate144(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.issuer === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "issuer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.audience === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "audience"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema43.properties, key0))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.issuer !== undefined){
if(!(validate31(data.issuer, {instancePath:instancePath+"/issuer",parentData:data,parentDataProperty:"issuer",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.audience !== undefined){
if(!(validate31(data.audience, {instancePath:instancePath+"/audience",parentData:data,parentDataProperty:"audience",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.algorithms !== undefined){
if(!(validate130(data.algorithms, {instancePath:instancePath+"/algorithms",parentData:data,parentDataProperty:"algorithms",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.type !== undefined){
if(!(validate31(data.type, {instancePath:instancePath+"/type",parentData:data,parentDataProperty:"type",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.opens !== undefined){
if(!(validate149(data.opens, {instancePath:instancePath+"/opens",parentData:data,parentDataProperty:"opens",rootData}))){
vErrors = vErrors === null ? validate149.errors : vErrors.concat(validate149.errors);
errors = vErrors.length;
}
}
if(data.staleKeys !== undefined){
if(!(validate54(data.staleKeys, {instancePath:instancePath+"/staleKeys",parentData:data,parentDataProperty:"staleKeys",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.forbidKeys !== undefined){
if(!(validate130(data.forbidKeys, {instancePath:instancePath+"/forbidKeys",parentData:data,parentDataProperty:"forbidKeys",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.tenants !== undefined){
if(!(validate135(data.tenants, {instancePath:instancePath+"/tenants",parentData:data,parentDataProperty:"tenants",rootData}))){
vErrors = vErrors === null ? validate135.errors : vErrors.concat(validate135.errors);
errors = vErrors.length;
}
}
if(data.tenantClaim !== undefined){
if(!(validate31(data.tenantClaim, {instancePath:instancePath+"/tenantClaim",parentData:data,parentDataProperty:"tenantClaim",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.subjectClaim !== undefined){
if(!(validate76(data.subjectClaim, {instancePath:instancePath+"/subjectClaim",parentData:data,parentDataProperty:"subjectClaim",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.rolesClaim !== undefined){
if(!(validate76(data.rolesClaim, {instancePath:instancePath+"/rolesClaim",parentData:data,parentDataProperty:"rolesClaim",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.rolesSeparator !== undefined){
if(!(validate31(data.rolesSeparator, {instancePath:instancePath+"/rolesSeparator",parentData:data,parentDataProperty:"rolesSeparator",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.groupRoles !== undefined){
if(!(validate99(data.groupRoles, {instancePath:instancePath+"/groupRoles",parentData:data,parentDataProperty:"groupRoles",rootData}))){
vErrors = vErrors === null ? validate99.errors : vErrors.concat(validate99.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate144.errors = vErrors;
return errors === 0;
}

const schema45 = {"type":"object","properties":{"issuer":{"$ref":"#/definitions/rule4"},"clientId":{"$ref":"#/definitions/rule4"},"clientSecret":{"$ref":"#/definitions/rule19"},"url":{"$ref":"#/definitions/rule4"},"scope":{"$ref":"#/definitions/rule4"},"parameters":{"$ref":"#/definitions/rule37"},"sameAddress":{"$ref":"#/definitions/rule3"},"wait":{"$ref":"#/definitions/rule13"},"subjectClaim":{"$ref":"#/definitions/rule18"},"rolesClaim":{"$ref":"#/definitions/rule18"},"rolesSeparator":{"$ref":"#/definitions/rule4"},"groupRoles":{"$ref":"#/definitions/rule23"}},"required":["issuer","clientId","url"],"additionalProperties":false};
const schema46 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[a-z_]+$"},"additionalProperties":{"$ref":"#/definitions/rule4"}};
const pattern6 = new RegExp("^[a-z_]+$", "u");

function validate166(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern6.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[a-z_]+$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate31(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate166.errors = vErrors;
return errors === 0;
}


function validate160(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.issuer === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "issuer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.clientId === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "clientId"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.url === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "url"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema45.properties, key0))){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.issuer !== undefined){
if(!(validate31(data.issuer, {instancePath:instancePath+"/issuer",parentData:data,parentDataProperty:"issuer",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.clientId !== undefined){
if(!(validate31(data.clientId, {instancePath:instancePath+"/clientId",parentData:data,parentDataProperty:"clientId",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.clientSecret !== undefined){
if(!(validate84(data.clientSecret, {instancePath:instancePath+"/clientSecret",parentData:data,parentDataProperty:"clientSecret",rootData}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
if(data.url !== undefined){
if(!(validate31(data.url, {instancePath:instancePath+"/url",parentData:data,parentDataProperty:"url",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.scope !== undefined){
if(!(validate31(data.scope, {instancePath:instancePath+"/scope",parentData:data,parentDataProperty:"scope",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.parameters !== undefined){
if(!(validate166(data.parameters, {instancePath:instancePath+"/parameters",parentData:data,parentDataProperty:"parameters",rootData}))){
vErrors = vErrors === null ? validate166.errors : vErrors.concat(validate166.errors);
errors = vErrors.length;
}
}
if(data.sameAddress !== undefined){
if(!(validate28(data.sameAddress, {instancePath:instancePath+"/sameAddress",parentData:data,parentDataProperty:"sameAddress",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.wait !== undefined){
if(!(validate54(data.wait, {instancePath:instancePath+"/wait",parentData:data,parentDataProperty:"wait",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.subjectClaim !== undefined){
if(!(validate76(data.subjectClaim, {instancePath:instancePath+"/subjectClaim",parentData:data,parentDataProperty:"subjectClaim",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.rolesClaim !== undefined){
if(!(validate76(data.rolesClaim, {instancePath:instancePath+"/rolesClaim",parentData:data,parentDataProperty:"rolesClaim",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.rolesSeparator !== undefined){
if(!(validate31(data.rolesSeparator, {instancePath:instancePath+"/rolesSeparator",parentData:data,parentDataProperty:"rolesSeparator",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.groupRoles !== undefined){
if(!(validate99(data.groupRoles, {instancePath:instancePath+"/groupRoles",parentData:data,parentDataProperty:"groupRoles",rootData}))){
vErrors = vErrors === null ? validate99.errors : vErrors.concat(validate99.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate160.errors = vErrors;
return errors === 0;
}

const schema47 = {"type":"object","properties":{"subject":{"$ref":"#/definitions/rule4"},"roles":{"$ref":"#/definitions/rule16"}},"required":["subject"],"additionalProperties":false};

function validate176(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.subject === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "subject"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "subject") || (key0 === "roles"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.subject !== undefined){
if(!(validate31(data.subject, {instancePath:instancePath+"/subject",parentData:data,parentDataProperty:"subject",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.roles !== undefined){
if(!(validate70(data.roles, {instancePath:instancePath+"/roles",parentData:data,parentDataProperty:"roles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate176.errors = vErrors;
return errors === 0;
}

const schema48 = {"type":"array","items":{"$ref":"#/definitions/rule42"},"minItems":1};
const schema49 = {"type":"object","properties":{"san":{"$ref":"#/definitions/rule40"},"field":{"$ref":"#/definitions/rule4"},"value":{"$ref":"#/definitions/rule4"},"pattern":{"$ref":"#/definitions/rule4"},"subject":{"$ref":"#/definitions/rule4"},"roles":{"$ref":"#/definitions/rule16"},"issuer":{"$ref":"#/definitions/rule4"},"keys":{"$ref":"#/definitions/rule41"},"anyKey":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false};
const schema50 = {"type":"string","enum":["dns","uri","email"]};

function validate182(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((data === "dns") || (data === "uri")) || (data === "email"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema50.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate182.errors = vErrors;
return errors === 0;
}

const schema51 = {"type":"array","items":{"$ref":"#/definitions/rule27"}};

function validate190(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate112(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
}
else {
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate190.errors = vErrors;
return errors === 0;
}


function validate181(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema49.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.san !== undefined){
if(!(validate182(data.san, {instancePath:instancePath+"/san",parentData:data,parentDataProperty:"san",rootData}))){
vErrors = vErrors === null ? validate182.errors : vErrors.concat(validate182.errors);
errors = vErrors.length;
}
}
if(data.field !== undefined){
if(!(validate31(data.field, {instancePath:instancePath+"/field",parentData:data,parentDataProperty:"field",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.value !== undefined){
if(!(validate31(data.value, {instancePath:instancePath+"/value",parentData:data,parentDataProperty:"value",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.pattern !== undefined){
if(!(validate31(data.pattern, {instancePath:instancePath+"/pattern",parentData:data,parentDataProperty:"pattern",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.subject !== undefined){
if(!(validate31(data.subject, {instancePath:instancePath+"/subject",parentData:data,parentDataProperty:"subject",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.roles !== undefined){
if(!(validate70(data.roles, {instancePath:instancePath+"/roles",parentData:data,parentDataProperty:"roles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.issuer !== undefined){
if(!(validate31(data.issuer, {instancePath:instancePath+"/issuer",parentData:data,parentDataProperty:"issuer",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.keys !== undefined){
if(!(validate190(data.keys, {instancePath:instancePath+"/keys",parentData:data,parentDataProperty:"keys",rootData}))){
vErrors = vErrors === null ? validate190.errors : vErrors.concat(validate190.errors);
errors = vErrors.length;
}
}
if(data.anyKey !== undefined){
if(!(validate28(data.anyKey, {instancePath:instancePath+"/anyKey",parentData:data,parentDataProperty:"anyKey",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate181.errors = vErrors;
return errors === 0;
}


function validate180(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate181(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate181.errors : vErrors.concat(validate181.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate180.errors = vErrors;
return errors === 0;
}

const schema52 = {"type":"object","properties":{"field":{"$ref":"#/definitions/rule44"},"rules":{"$ref":"#/definitions/rule43"}},"required":["field","rules"],"additionalProperties":false};
const schema53 = {"type":"string","enum":["Client-Cert","X-Forwarded-Client-Cert"]};

function validate197(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "Client-Cert") || (data === "X-Forwarded-Client-Cert"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema53.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate197.errors = vErrors;
return errors === 0;
}


function validate196(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.field === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "field"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.rules === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "rules"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "field") || (key0 === "rules"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.field !== undefined){
if(!(validate197(data.field, {instancePath:instancePath+"/field",parentData:data,parentDataProperty:"field",rootData}))){
vErrors = vErrors === null ? validate197.errors : vErrors.concat(validate197.errors);
errors = vErrors.length;
}
}
if(data.rules !== undefined){
if(!(validate180(data.rules, {instancePath:instancePath+"/rules",parentData:data,parentDataProperty:"rules",rootData}))){
vErrors = vErrors === null ? validate180.errors : vErrors.concat(validate180.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate196.errors = vErrors;
return errors === 0;
}


function validate66(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length > 2){
const err0 = {instancePath,schemaPath:"#/maxProperties",keyword:"maxProperties",params:{limit: 2}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(Object.keys(data).length < 1){
const err1 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema22.properties, key0))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.users !== undefined){
if(!(validate31(data.users, {instancePath:instancePath+"/users",parentData:data,parentDataProperty:"users",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.htpasswd !== undefined){
if(!(validate68(data.htpasswd, {instancePath:instancePath+"/htpasswd",parentData:data,parentDataProperty:"htpasswd",rootData}))){
vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
errors = vErrors.length;
}
}
if(data.ldap !== undefined){
if(!(validate75(data.ldap, {instancePath:instancePath+"/ldap",parentData:data,parentDataProperty:"ldap",rootData}))){
vErrors = vErrors === null ? validate75.errors : vErrors.concat(validate75.errors);
errors = vErrors.length;
}
}
if(data.keys !== undefined){
if(!(validate109(data.keys, {instancePath:instancePath+"/keys",parentData:data,parentDataProperty:"keys",rootData}))){
vErrors = vErrors === null ? validate109.errors : vErrors.concat(validate109.errors);
errors = vErrors.length;
}
}
if(data.apiKeys !== undefined){
if(!(validate117(data.apiKeys, {instancePath:instancePath+"/apiKeys",parentData:data,parentDataProperty:"apiKeys",rootData}))){
vErrors = vErrors === null ? validate117.errors : vErrors.concat(validate117.errors);
errors = vErrors.length;
}
}
if(data.authorizedKeys !== undefined){
if(!(validate121(data.authorizedKeys, {instancePath:instancePath+"/authorizedKeys",parentData:data,parentDataProperty:"authorizedKeys",rootData}))){
vErrors = vErrors === null ? validate121.errors : vErrors.concat(validate121.errors);
errors = vErrors.length;
}
}
if(data.jwt !== undefined){
if(!(validate126(data.jwt, {instancePath:instancePath+"/jwt",parentData:data,parentDataProperty:"jwt",rootData}))){
vErrors = vErrors === null ? validate126.errors : vErrors.concat(validate126.errors);
errors = vErrors.length;
}
}
if(data.oidc !== undefined){
if(!(validate144(data.oidc, {instancePath:instancePath+"/oidc",parentData:data,parentDataProperty:"oidc",rootData}))){
vErrors = vErrors === null ? validate144.errors : vErrors.concat(validate144.errors);
errors = vErrors.length;
}
}
if(data.external !== undefined){
if(!(validate160(data.external, {instancePath:instancePath+"/external",parentData:data,parentDataProperty:"external",rootData}))){
vErrors = vErrors === null ? validate160.errors : vErrors.concat(validate160.errors);
errors = vErrors.length;
}
}
if(data.anonymous !== undefined){
if(!(validate176(data.anonymous, {instancePath:instancePath+"/anonymous",parentData:data,parentDataProperty:"anonymous",rootData}))){
vErrors = vErrors === null ? validate176.errors : vErrors.concat(validate176.errors);
errors = vErrors.length;
}
}
if(data.certificates !== undefined){
if(!(validate180(data.certificates, {instancePath:instancePath+"/certificates",parentData:data,parentDataProperty:"certificates",rootData}))){
vErrors = vErrors === null ? validate180.errors : vErrors.concat(validate180.errors);
errors = vErrors.length;
}
}
if(data.forwardedCertificates !== undefined){
if(!(validate196(data.forwardedCertificates, {instancePath:instancePath+"/forwardedCertificates",parentData:data,parentDataProperty:"forwardedCertificates",rootData}))){
vErrors = vErrors === null ? validate196.errors : vErrors.concat(validate196.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate66.errors = vErrors;
return errors === 0;
}


function validate65(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern2.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate66(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate65.errors = vErrors;
return errors === 0;
}

const schema54 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule48"}};
const schema55 = {"type":"string","pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"};

function validate204(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern2.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate204.errors = vErrors;
return errors === 0;
}


function validate203(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern2.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate204(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate204.errors : vErrors.concat(validate204.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate203.errors = vErrors;
return errors === 0;
}

const schema56 = {"type":"object","properties":{"off":{"$ref":"#/definitions/rule3"},"freeFailures":{"$ref":"#/definitions/rule50"},"firstDelay":{"$ref":"#/definitions/rule13"},"longestDelay":{"$ref":"#/definitions/rule13"},"forgetFailure":{"$ref":"#/definitions/rule13"},"maxFailures":{"$ref":"#/definitions/rule51"},"sourceBurst":{"$ref":"#/definitions/rule25"},"sourceRefill":{"$ref":"#/definitions/rule13"},"totalBurst":{"$ref":"#/definitions/rule25"},"totalRefill":{"$ref":"#/definitions/rule13"},"maxUnderWay":{"$ref":"#/definitions/rule25"}},"required":[],"additionalProperties":false};
const schema57 = {"type":"integer","minimum":0,"maximum":99};

function validate210(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 99 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 99}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate210.errors = vErrors;
return errors === 0;
}

const schema58 = {"type":"integer","minimum":1,"maximum":100};

function validate215(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 100 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 1 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate215.errors = vErrors;
return errors === 0;
}


function validate208(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema56.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.off !== undefined){
if(!(validate28(data.off, {instancePath:instancePath+"/off",parentData:data,parentDataProperty:"off",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.freeFailures !== undefined){
if(!(validate210(data.freeFailures, {instancePath:instancePath+"/freeFailures",parentData:data,parentDataProperty:"freeFailures",rootData}))){
vErrors = vErrors === null ? validate210.errors : vErrors.concat(validate210.errors);
errors = vErrors.length;
}
}
if(data.firstDelay !== undefined){
if(!(validate54(data.firstDelay, {instancePath:instancePath+"/firstDelay",parentData:data,parentDataProperty:"firstDelay",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.longestDelay !== undefined){
if(!(validate54(data.longestDelay, {instancePath:instancePath+"/longestDelay",parentData:data,parentDataProperty:"longestDelay",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.forgetFailure !== undefined){
if(!(validate54(data.forgetFailure, {instancePath:instancePath+"/forgetFailure",parentData:data,parentDataProperty:"forgetFailure",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.maxFailures !== undefined){
if(!(validate215(data.maxFailures, {instancePath:instancePath+"/maxFailures",parentData:data,parentDataProperty:"maxFailures",rootData}))){
vErrors = vErrors === null ? validate215.errors : vErrors.concat(validate215.errors);
errors = vErrors.length;
}
}
if(data.sourceBurst !== undefined){
if(!(validate106(data.sourceBurst, {instancePath:instancePath+"/sourceBurst",parentData:data,parentDataProperty:"sourceBurst",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
if(data.sourceRefill !== undefined){
if(!(validate54(data.sourceRefill, {instancePath:instancePath+"/sourceRefill",parentData:data,parentDataProperty:"sourceRefill",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.totalBurst !== undefined){
if(!(validate106(data.totalBurst, {instancePath:instancePath+"/totalBurst",parentData:data,parentDataProperty:"totalBurst",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
if(data.totalRefill !== undefined){
if(!(validate54(data.totalRefill, {instancePath:instancePath+"/totalRefill",parentData:data,parentDataProperty:"totalRefill",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.maxUnderWay !== undefined){
if(!(validate106(data.maxUnderWay, {instancePath:instancePath+"/maxUnderWay",parentData:data,parentDataProperty:"maxUnderWay",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate208.errors = vErrors;
return errors === 0;
}

const schema59 = {"type":"object","properties":{"users":{"$ref":"#/definitions/rule4"},"rules":{"$ref":"#/definitions/rule55"}},"required":["rules"],"additionalProperties":false};
const schema60 = {"type":"array","items":{"$ref":"#/definitions/rule54"},"minItems":1};
const schema61 = {"type":"object","properties":{"actors":{"$ref":"#/definitions/rule32"},"actorRoles":{"$ref":"#/definitions/rule16"},"targets":{"$ref":"#/definitions/rule32"},"targetRoles":{"$ref":"#/definitions/rule16"},"except":{"$ref":"#/definitions/rule32"},"exceptRoles":{"$ref":"#/definitions/rule16"},"schemes":{"$ref":"#/definitions/rule53"},"scopes":{"$ref":"#/definitions/rule32"},"acr":{"$ref":"#/definitions/rule32"},"maxAge":{"$ref":"#/definitions/rule13"},"services":{"$ref":"#/definitions/rule32"},"reasonRequired":{"$ref":"#/definitions/rule3"},"maxDuration":{"$ref":"#/definitions/rule13"},"nested":{"$ref":"#/definitions/rule3"},"detached":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false};
const schema62 = {"type":"array","items":{"$ref":"#/definitions/rule48"}};

function validate233(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate204(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate204.errors : vErrors.concat(validate204.errors);
errors = vErrors.length;
}
}
}
else {
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate233.errors = vErrors;
return errors === 0;
}


function validate226(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema61.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.actors !== undefined){
if(!(validate130(data.actors, {instancePath:instancePath+"/actors",parentData:data,parentDataProperty:"actors",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.actorRoles !== undefined){
if(!(validate70(data.actorRoles, {instancePath:instancePath+"/actorRoles",parentData:data,parentDataProperty:"actorRoles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.targets !== undefined){
if(!(validate130(data.targets, {instancePath:instancePath+"/targets",parentData:data,parentDataProperty:"targets",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.targetRoles !== undefined){
if(!(validate70(data.targetRoles, {instancePath:instancePath+"/targetRoles",parentData:data,parentDataProperty:"targetRoles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.except !== undefined){
if(!(validate130(data.except, {instancePath:instancePath+"/except",parentData:data,parentDataProperty:"except",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.exceptRoles !== undefined){
if(!(validate70(data.exceptRoles, {instancePath:instancePath+"/exceptRoles",parentData:data,parentDataProperty:"exceptRoles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.schemes !== undefined){
if(!(validate233(data.schemes, {instancePath:instancePath+"/schemes",parentData:data,parentDataProperty:"schemes",rootData}))){
vErrors = vErrors === null ? validate233.errors : vErrors.concat(validate233.errors);
errors = vErrors.length;
}
}
if(data.scopes !== undefined){
if(!(validate130(data.scopes, {instancePath:instancePath+"/scopes",parentData:data,parentDataProperty:"scopes",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.acr !== undefined){
if(!(validate130(data.acr, {instancePath:instancePath+"/acr",parentData:data,parentDataProperty:"acr",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.maxAge !== undefined){
if(!(validate54(data.maxAge, {instancePath:instancePath+"/maxAge",parentData:data,parentDataProperty:"maxAge",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.services !== undefined){
if(!(validate130(data.services, {instancePath:instancePath+"/services",parentData:data,parentDataProperty:"services",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.reasonRequired !== undefined){
if(!(validate28(data.reasonRequired, {instancePath:instancePath+"/reasonRequired",parentData:data,parentDataProperty:"reasonRequired",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.maxDuration !== undefined){
if(!(validate54(data.maxDuration, {instancePath:instancePath+"/maxDuration",parentData:data,parentDataProperty:"maxDuration",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.nested !== undefined){
if(!(validate28(data.nested, {instancePath:instancePath+"/nested",parentData:data,parentDataProperty:"nested",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.detached !== undefined){
if(!(validate28(data.detached, {instancePath:instancePath+"/detached",parentData:data,parentDataProperty:"detached",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate226.errors = vErrors;
return errors === 0;
}


function validate225(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate226(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate226.errors : vErrors.concat(validate226.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate225.errors = vErrors;
return errors === 0;
}


function validate223(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.rules === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "rules"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((key0 === "users") || (key0 === "rules"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.users !== undefined){
if(!(validate31(data.users, {instancePath:instancePath+"/users",parentData:data,parentDataProperty:"users",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.rules !== undefined){
if(!(validate225(data.rules, {instancePath:instancePath+"/rules",parentData:data,parentDataProperty:"rules",rootData}))){
vErrors = vErrors === null ? validate225.errors : vErrors.concat(validate225.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate223.errors = vErrors;
return errors === 0;
}

const schema63 = {"type":"object","properties":{"certificate":{"$ref":"#/definitions/rule3"},"baseUrls":{"$ref":"#/definitions/rule32"},"nonce":{"$ref":"#/definitions/rule3"},"proofLife":{"$ref":"#/definitions/rule13"},"sharedReplay":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false};

function validate247(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((key0 === "certificate") || (key0 === "baseUrls")) || (key0 === "nonce")) || (key0 === "proofLife")) || (key0 === "sharedReplay"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.certificate !== undefined){
if(!(validate28(data.certificate, {instancePath:instancePath+"/certificate",parentData:data,parentDataProperty:"certificate",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.baseUrls !== undefined){
if(!(validate130(data.baseUrls, {instancePath:instancePath+"/baseUrls",parentData:data,parentDataProperty:"baseUrls",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.nonce !== undefined){
if(!(validate28(data.nonce, {instancePath:instancePath+"/nonce",parentData:data,parentDataProperty:"nonce",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.proofLife !== undefined){
if(!(validate54(data.proofLife, {instancePath:instancePath+"/proofLife",parentData:data,parentDataProperty:"proofLife",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.sharedReplay !== undefined){
if(!(validate28(data.sharedReplay, {instancePath:instancePath+"/sharedReplay",parentData:data,parentDataProperty:"sharedReplay",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate247.errors = vErrors;
return errors === 0;
}

const schema64 = {"type":"object","properties":{"services":{"$ref":"#/definitions/rule58"},"onMisuse":{"$ref":"#/definitions/rule59"}},"required":[],"additionalProperties":false};
const schema65 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[^\\p{Cc}]{1,256}$"},"additionalProperties":{"$ref":"#/definitions/rule32"}};
const pattern9 = new RegExp("^[^\\p{Cc}]{1,256}$", "u");

function validate255(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern9.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[^\\p{Cc}]{1,256}$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate130(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate255.errors = vErrors;
return errors === 0;
}

const schema66 = {"type":"string","enum":["alarm","revoke"]};

function validate258(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "alarm") || (data === "revoke"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema66.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate258.errors = vErrors;
return errors === 0;
}


function validate254(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((key0 === "services") || (key0 === "onMisuse"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.services !== undefined){
if(!(validate255(data.services, {instancePath:instancePath+"/services",parentData:data,parentDataProperty:"services",rootData}))){
vErrors = vErrors === null ? validate255.errors : vErrors.concat(validate255.errors);
errors = vErrors.length;
}
}
if(data.onMisuse !== undefined){
if(!(validate258(data.onMisuse, {instancePath:instancePath+"/onMisuse",parentData:data,parentDataProperty:"onMisuse",rootData}))){
vErrors = vErrors === null ? validate258.errors : vErrors.concat(validate258.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate254.errors = vErrors;
return errors === 0;
}

const schema67 = {"type":"object","properties":{"flight":{"$ref":"#/definitions/rule62"},"deephavenCore":{"$ref":"#/definitions/rule64"},"deephavenEnterprise":{"$ref":"#/definitions/rule66"},"forwardAuth":{"$ref":"#/definitions/rule67"},"health":{"$ref":"#/definitions/rule67"},"reflection":{"$ref":"#/definitions/rule3"}},"required":[],"additionalProperties":false};
const schema68 = {"type":"object","properties":{"session":{"$ref":"#/definitions/rule61"},"keepOpen":{"$ref":"#/definitions/rule3"},"cookie":{"$ref":"#/definitions/rule48"}},"required":[],"additionalProperties":false};
const schema69 = {"type":"object","properties":{"policy":{"$ref":"#/definitions/rule12"},"rotateAfter":{"$ref":"#/definitions/rule13"},"overlap":{"$ref":"#/definitions/rule13"},"straggler":{"$ref":"#/definitions/rule13"},"lifetime":{"$ref":"#/definitions/rule13"},"idle":{"$ref":"#/definitions/rule13"},"absolute":{"$ref":"#/definitions/rule13"},"unclaimed":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false};

function validate263(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((((key0 === "policy") || (key0 === "rotateAfter")) || (key0 === "overlap")) || (key0 === "straggler")) || (key0 === "lifetime")) || (key0 === "idle")) || (key0 === "absolute")) || (key0 === "unclaimed"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.policy !== undefined){
if(!(validate52(data.policy, {instancePath:instancePath+"/policy",parentData:data,parentDataProperty:"policy",rootData}))){
vErrors = vErrors === null ? validate52.errors : vErrors.concat(validate52.errors);
errors = vErrors.length;
}
}
if(data.rotateAfter !== undefined){
if(!(validate54(data.rotateAfter, {instancePath:instancePath+"/rotateAfter",parentData:data,parentDataProperty:"rotateAfter",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.overlap !== undefined){
if(!(validate54(data.overlap, {instancePath:instancePath+"/overlap",parentData:data,parentDataProperty:"overlap",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.straggler !== undefined){
if(!(validate54(data.straggler, {instancePath:instancePath+"/straggler",parentData:data,parentDataProperty:"straggler",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.lifetime !== undefined){
if(!(validate54(data.lifetime, {instancePath:instancePath+"/lifetime",parentData:data,parentDataProperty:"lifetime",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.idle !== undefined){
if(!(validate54(data.idle, {instancePath:instancePath+"/idle",parentData:data,parentDataProperty:"idle",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.absolute !== undefined){
if(!(validate54(data.absolute, {instancePath:instancePath+"/absolute",parentData:data,parentDataProperty:"absolute",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.unclaimed !== undefined){
if(!(validate54(data.unclaimed, {instancePath:instancePath+"/unclaimed",parentData:data,parentDataProperty:"unclaimed",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate263.errors = vErrors;
return errors === 0;
}


function validate262(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "session") || (key0 === "keepOpen")) || (key0 === "cookie"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.session !== undefined){
if(!(validate263(data.session, {instancePath:instancePath+"/session",parentData:data,parentDataProperty:"session",rootData}))){
vErrors = vErrors === null ? validate263.errors : vErrors.concat(validate263.errors);
errors = vErrors.length;
}
}
if(data.keepOpen !== undefined){
if(!(validate28(data.keepOpen, {instancePath:instancePath+"/keepOpen",parentData:data,parentDataProperty:"keepOpen",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.cookie !== undefined){
if(!(validate204(data.cookie, {instancePath:instancePath+"/cookie",parentData:data,parentDataProperty:"cookie",rootData}))){
vErrors = vErrors === null ? validate204.errors : vErrors.concat(validate204.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate262.errors = vErrors;
return errors === 0;
}

const schema70 = {"type":"object","properties":{"session":{"$ref":"#/definitions/rule61"},"authHandlers":{"$ref":"#/definitions/rule32"},"authenticationConstants":{"$ref":"#/definitions/rule63"},"configurationConstants":{"$ref":"#/definitions/rule63"}},"required":[],"additionalProperties":false};
const schema71 = {"type":"object","minProperties":1,"propertyNames":{"minLength":1},"additionalProperties":{"$ref":"#/definitions/rule4"}};

function validate279(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(func3(key0) < 1){
const err1 = {instancePath,schemaPath:"#/propertyNames/minLength",keyword:"minLength",params:{limit: 1},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate31(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate279.errors = vErrors;
return errors === 0;
}


function validate276(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "session") || (key0 === "authHandlers")) || (key0 === "authenticationConstants")) || (key0 === "configurationConstants"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.session !== undefined){
if(!(validate263(data.session, {instancePath:instancePath+"/session",parentData:data,parentDataProperty:"session",rootData}))){
vErrors = vErrors === null ? validate263.errors : vErrors.concat(validate263.errors);
errors = vErrors.length;
}
}
if(data.authHandlers !== undefined){
if(!(validate130(data.authHandlers, {instancePath:instancePath+"/authHandlers",parentData:data,parentDataProperty:"authHandlers",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.authenticationConstants !== undefined){
if(!(validate279(data.authenticationConstants, {instancePath:instancePath+"/authenticationConstants",parentData:data,parentDataProperty:"authenticationConstants",rootData}))){
vErrors = vErrors === null ? validate279.errors : vErrors.concat(validate279.errors);
errors = vErrors.length;
}
}
if(data.configurationConstants !== undefined){
if(!(validate279(data.configurationConstants, {instancePath:instancePath+"/configurationConstants",parentData:data,parentDataProperty:"configurationConstants",rootData}))){
vErrors = vErrors === null ? validate279.errors : vErrors.concat(validate279.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate276.errors = vErrors;
return errors === 0;
}

const schema72 = {"type":"object","properties":{"cookieLife":{"$ref":"#/definitions/rule13"},"tokenLife":{"$ref":"#/definitions/rule13"},"verifyTokenFrom":{"$ref":"#/definitions/rule65"},"delegateServices":{"$ref":"#/definitions/rule32"},"detachedServices":{"$ref":"#/definitions/rule32"},"reloadRoles":{"$ref":"#/definitions/rule16"},"address":{"$ref":"#/definitions/rule2"}},"required":[],"additionalProperties":false};
const schema73 = {"type":["string","array"],"minLength":1,"items":{"$ref":"#/definitions/rule4"}};

function validate287(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema73.type}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(typeof data === "string"){
if(func3(data) < 1){
const err1 = {instancePath,schemaPath:"#/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate31(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
validate287.errors = vErrors;
return errors === 0;
}


function validate284(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((((key0 === "cookieLife") || (key0 === "tokenLife")) || (key0 === "verifyTokenFrom")) || (key0 === "delegateServices")) || (key0 === "detachedServices")) || (key0 === "reloadRoles")) || (key0 === "address"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.cookieLife !== undefined){
if(!(validate54(data.cookieLife, {instancePath:instancePath+"/cookieLife",parentData:data,parentDataProperty:"cookieLife",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.tokenLife !== undefined){
if(!(validate54(data.tokenLife, {instancePath:instancePath+"/tokenLife",parentData:data,parentDataProperty:"tokenLife",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.verifyTokenFrom !== undefined){
if(!(validate287(data.verifyTokenFrom, {instancePath:instancePath+"/verifyTokenFrom",parentData:data,parentDataProperty:"verifyTokenFrom",rootData}))){
vErrors = vErrors === null ? validate287.errors : vErrors.concat(validate287.errors);
errors = vErrors.length;
}
}
if(data.delegateServices !== undefined){
if(!(validate130(data.delegateServices, {instancePath:instancePath+"/delegateServices",parentData:data,parentDataProperty:"delegateServices",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.detachedServices !== undefined){
if(!(validate130(data.detachedServices, {instancePath:instancePath+"/detachedServices",parentData:data,parentDataProperty:"detachedServices",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.reloadRoles !== undefined){
if(!(validate70(data.reloadRoles, {instancePath:instancePath+"/reloadRoles",parentData:data,parentDataProperty:"reloadRoles",rootData}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.address !== undefined){
if(!(validate26(data.address, {instancePath:instancePath+"/address",parentData:data,parentDataProperty:"address",rootData}))){
vErrors = vErrors === null ? validate26.errors : vErrors.concat(validate26.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate284.errors = vErrors;
return errors === 0;
}

const schema74 = {"type":"object","properties":{"path":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false};

function validate295(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(key0 === "path")){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.path !== undefined){
if(!(validate31(data.path, {instancePath:instancePath+"/path",parentData:data,parentDataProperty:"path",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate295.errors = vErrors;
return errors === 0;
}


function validate261(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((key0 === "flight") || (key0 === "deephavenCore")) || (key0 === "deephavenEnterprise")) || (key0 === "forwardAuth")) || (key0 === "health")) || (key0 === "reflection"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.flight !== undefined){
if(!(validate262(data.flight, {instancePath:instancePath+"/flight",parentData:data,parentDataProperty:"flight",rootData}))){
vErrors = vErrors === null ? validate262.errors : vErrors.concat(validate262.errors);
errors = vErrors.length;
}
}
if(data.deephavenCore !== undefined){
if(!(validate276(data.deephavenCore, {instancePath:instancePath+"/deephavenCore",parentData:data,parentDataProperty:"deephavenCore",rootData}))){
vErrors = vErrors === null ? validate276.errors : vErrors.concat(validate276.errors);
errors = vErrors.length;
}
}
if(data.deephavenEnterprise !== undefined){
if(!(validate284(data.deephavenEnterprise, {instancePath:instancePath+"/deephavenEnterprise",parentData:data,parentDataProperty:"deephavenEnterprise",rootData}))){
vErrors = vErrors === null ? validate284.errors : vErrors.concat(validate284.errors);
errors = vErrors.length;
}
}
if(data.forwardAuth !== undefined){
if(!(validate295(data.forwardAuth, {instancePath:instancePath+"/forwardAuth",parentData:data,parentDataProperty:"forwardAuth",rootData}))){
vErrors = vErrors === null ? validate295.errors : vErrors.concat(validate295.errors);
errors = vErrors.length;
}
}
if(data.health !== undefined){
if(!(validate295(data.health, {instancePath:instancePath+"/health",parentData:data,parentDataProperty:"health",rootData}))){
vErrors = vErrors === null ? validate295.errors : vErrors.concat(validate295.errors);
errors = vErrors.length;
}
}
if(data.reflection !== undefined){
if(!(validate28(data.reflection, {instancePath:instancePath+"/reflection",parentData:data,parentDataProperty:"reflection",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate261.errors = vErrors;
return errors === 0;
}

const schema75 = {"type":"object","properties":{"origins":{"$ref":"#/definitions/rule32"},"methods":{"$ref":"#/definitions/rule32"},"allowedHeaders":{"$ref":"#/definitions/rule32"},"exposedHeaders":{"$ref":"#/definitions/rule32"},"maxAge":{"$ref":"#/definitions/rule13"}},"required":["origins"],"additionalProperties":false};

function validate301(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.origins === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "origins"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "origins") || (key0 === "methods")) || (key0 === "allowedHeaders")) || (key0 === "exposedHeaders")) || (key0 === "maxAge"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.origins !== undefined){
if(!(validate130(data.origins, {instancePath:instancePath+"/origins",parentData:data,parentDataProperty:"origins",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.methods !== undefined){
if(!(validate130(data.methods, {instancePath:instancePath+"/methods",parentData:data,parentDataProperty:"methods",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.allowedHeaders !== undefined){
if(!(validate130(data.allowedHeaders, {instancePath:instancePath+"/allowedHeaders",parentData:data,parentDataProperty:"allowedHeaders",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.exposedHeaders !== undefined){
if(!(validate130(data.exposedHeaders, {instancePath:instancePath+"/exposedHeaders",parentData:data,parentDataProperty:"exposedHeaders",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.maxAge !== undefined){
if(!(validate54(data.maxAge, {instancePath:instancePath+"/maxAge",parentData:data,parentDataProperty:"maxAge",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate301.errors = vErrors;
return errors === 0;
}

const schema76 = {"type":"array","items":{"$ref":"#/definitions/rule88"},"minItems":1};
const schema77 = {"type":"object","properties":{"match":{"$ref":"#/definitions/rule72"},"upstream":{"$ref":"#/definitions/rule4"},"anonymous":{"enum":[true,false,"everything"]},"roles":{"$ref":"#/definitions/rule73"},"scopes":{"$ref":"#/definitions/rule75"},"schemes":{"$ref":"#/definitions/rule76"},"claims":{"$ref":"#/definitions/rule77"},"networks":{"$ref":"#/definitions/rule33"},"maxAge":{"$ref":"#/definitions/rule13"},"readTimeout":{"$ref":"#/definitions/rule13"},"acr":{"$ref":"#/definitions/rule32"},"cors":{"$ref":"#/definitions/rule69"},"stripPrefix":{"$ref":"#/definitions/rule4"},"addPrefix":{"$ref":"#/definitions/rule4"},"ambiguousPaths":{"$ref":"#/definitions/rule3"},"requestHeaders":{"$ref":"#/definitions/rule79"},"responseHeaders":{"$ref":"#/definitions/rule81"},"authorize":{"$ref":"#/definitions/rule82"},"rate":{"$ref":"#/definitions/rule83"},"limits":{"$ref":"#/definitions/rule85"},"rpc":{"$ref":"#/definitions/rule87"},"webSocketTicket":{"$ref":"#/definitions/rule4"},"forwardAuthorization":{"$ref":"#/definitions/rule3"}},"required":["match"],"additionalProperties":false};
const schema78 = {"type":"object","properties":{"host":{"$ref":"#/definitions/rule4"},"path":{"$ref":"#/definitions/rule4"},"procedure":{"$ref":"#/definitions/rule4"},"methods":{"$ref":"#/definitions/rule71"}},"required":[],"additionalProperties":false};
const schema79 = {"type":"array","items":{"$ref":"#/definitions/rule70"},"minItems":1};
const schema80 = {"type":"string","pattern":"^[A-Z]+$"};
const pattern10 = new RegExp("^[A-Z]+$", "u");

function validate315(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern10.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[A-Z]+$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate315.errors = vErrors;
return errors === 0;
}


function validate314(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate315(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate315.errors : vErrors.concat(validate315.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate314.errors = vErrors;
return errors === 0;
}


function validate310(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "host") || (key0 === "path")) || (key0 === "procedure")) || (key0 === "methods"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.host !== undefined){
if(!(validate31(data.host, {instancePath:instancePath+"/host",parentData:data,parentDataProperty:"host",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.path !== undefined){
if(!(validate31(data.path, {instancePath:instancePath+"/path",parentData:data,parentDataProperty:"path",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.procedure !== undefined){
if(!(validate31(data.procedure, {instancePath:instancePath+"/procedure",parentData:data,parentDataProperty:"procedure",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.methods !== undefined){
if(!(validate314(data.methods, {instancePath:instancePath+"/methods",parentData:data,parentDataProperty:"methods",rootData}))){
vErrors = vErrors === null ? validate314.errors : vErrors.concat(validate314.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate310.errors = vErrors;
return errors === 0;
}

const schema81 = {"type":"array","items":{"$ref":"#/definitions/rule15"},"minItems":1};

function validate320(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate71(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate71.errors : vErrors.concat(validate71.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate320.errors = vErrors;
return errors === 0;
}

const schema82 = {"type":"array","items":{"$ref":"#/definitions/rule74"},"minItems":1};
const schema83 = {"type":"string","pattern":"^[!#-\\[\\]-~]+$"};
const pattern11 = new RegExp("^[!#-\\[\\]-~]+$", "u");

function validate324(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data === "string"){
if(!pattern11.test(data)){
const err0 = {instancePath,schemaPath:"#/pattern",keyword:"pattern",params:{pattern: "^[!#-\\[\\]-~]+$"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate324.errors = vErrors;
return errors === 0;
}


function validate323(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate324(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate324.errors : vErrors.concat(validate324.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate323.errors = vErrors;
return errors === 0;
}

const schema84 = {"type":"array","items":{"$ref":"#/definitions/rule48"},"minItems":1};

function validate327(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate204(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate204.errors : vErrors.concat(validate204.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate327.errors = vErrors;
return errors === 0;
}

const schema85 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^(?!__proto__$).+$"},"additionalProperties":{"$ref":"#/definitions/rule33"}};
const pattern12 = new RegExp("^(?!__proto__$).+$", "u");

function validate330(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern12.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^(?!__proto__$).+$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate135(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate135.errors : vErrors.concat(validate135.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate330.errors = vErrors;
return errors === 0;
}

const schema86 = {"type":"object","properties":{"set":{"$ref":"#/definitions/rule78"},"remove":{"$ref":"#/definitions/rule32"}},"required":[],"additionalProperties":false};
const schema87 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule19"}};

function validate342(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern2.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate84(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate342.errors = vErrors;
return errors === 0;
}


function validate341(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((key0 === "set") || (key0 === "remove"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.set !== undefined){
if(!(validate342(data.set, {instancePath:instancePath+"/set",parentData:data,parentDataProperty:"set",rootData}))){
vErrors = vErrors === null ? validate342.errors : vErrors.concat(validate342.errors);
errors = vErrors.length;
}
}
if(data.remove !== undefined){
if(!(validate130(data.remove, {instancePath:instancePath+"/remove",parentData:data,parentDataProperty:"remove",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate341.errors = vErrors;
return errors === 0;
}

const schema88 = {"type":"object","properties":{"set":{"$ref":"#/definitions/rule80"},"remove":{"$ref":"#/definitions/rule32"}},"required":[],"additionalProperties":false};
const schema89 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},"additionalProperties":{"$ref":"#/definitions/rule4"}};

function validate348(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern2.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate31(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate348.errors = vErrors;
return errors === 0;
}


function validate347(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((key0 === "set") || (key0 === "remove"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.set !== undefined){
if(!(validate348(data.set, {instancePath:instancePath+"/set",parentData:data,parentDataProperty:"set",rootData}))){
vErrors = vErrors === null ? validate348.errors : vErrors.concat(validate348.errors);
errors = vErrors.length;
}
}
if(data.remove !== undefined){
if(!(validate130(data.remove, {instancePath:instancePath+"/remove",parentData:data,parentDataProperty:"remove",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate347.errors = vErrors;
return errors === 0;
}

const schema90 = {"type":"object","properties":{"url":{"$ref":"#/definitions/rule4"},"timeout":{"$ref":"#/definitions/rule13"},"claims":{"$ref":"#/definitions/rule32"},"bearerToken":{"$ref":"#/definitions/rule19"}},"required":["url"],"additionalProperties":false};

function validate353(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.url === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "url"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "url") || (key0 === "timeout")) || (key0 === "claims")) || (key0 === "bearerToken"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.url !== undefined){
if(!(validate31(data.url, {instancePath:instancePath+"/url",parentData:data,parentDataProperty:"url",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.timeout !== undefined){
if(!(validate54(data.timeout, {instancePath:instancePath+"/timeout",parentData:data,parentDataProperty:"timeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.claims !== undefined){
if(!(validate130(data.claims, {instancePath:instancePath+"/claims",parentData:data,parentDataProperty:"claims",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.bearerToken !== undefined){
if(!(validate84(data.bearerToken, {instancePath:instancePath+"/bearerToken",parentData:data,parentDataProperty:"bearerToken",rootData}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate353.errors = vErrors;
return errors === 0;
}

const schema91 = {"type":"object","properties":{"requests":{"$ref":"#/definitions/rule25"},"per":{"$ref":"#/definitions/rule13"},"burst":{"$ref":"#/definitions/rule25"}},"required":["requests"],"additionalProperties":false};

function validate359(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.requests === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "requests"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((key0 === "requests") || (key0 === "per")) || (key0 === "burst"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.requests !== undefined){
if(!(validate106(data.requests, {instancePath:instancePath+"/requests",parentData:data,parentDataProperty:"requests",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
if(data.per !== undefined){
if(!(validate54(data.per, {instancePath:instancePath+"/per",parentData:data,parentDataProperty:"per",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.burst !== undefined){
if(!(validate106(data.burst, {instancePath:instancePath+"/burst",parentData:data,parentDataProperty:"burst",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate359.errors = vErrors;
return errors === 0;
}

const schema92 = {"type":"object","properties":{"maxBodyBytes":{"$ref":"#/definitions/rule84"},"maxConcurrent":{"$ref":"#/definitions/rule25"},"headersTimeout":{"$ref":"#/definitions/rule13"},"bodyTimeout":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false,"minProperties":1};
const schema93 = {"type":"integer","minimum":0,"maximum":9007199254740991};

function validate365(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 9007199254740991 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate365.errors = vErrors;
return errors === 0;
}


function validate364(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "maxBodyBytes") || (key0 === "maxConcurrent")) || (key0 === "headersTimeout")) || (key0 === "bodyTimeout"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.maxBodyBytes !== undefined){
if(!(validate365(data.maxBodyBytes, {instancePath:instancePath+"/maxBodyBytes",parentData:data,parentDataProperty:"maxBodyBytes",rootData}))){
vErrors = vErrors === null ? validate365.errors : vErrors.concat(validate365.errors);
errors = vErrors.length;
}
}
if(data.maxConcurrent !== undefined){
if(!(validate106(data.maxConcurrent, {instancePath:instancePath+"/maxConcurrent",parentData:data,parentDataProperty:"maxConcurrent",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
if(data.headersTimeout !== undefined){
if(!(validate54(data.headersTimeout, {instancePath:instancePath+"/headersTimeout",parentData:data,parentDataProperty:"headersTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.bodyTimeout !== undefined){
if(!(validate54(data.bodyTimeout, {instancePath:instancePath+"/bodyTimeout",parentData:data,parentDataProperty:"bodyTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate364.errors = vErrors;
return errors === 0;
}

const schema94 = {"type":"object","properties":{"idempotent":{"$ref":"#/definitions/rule32"},"maxMessageBytes":{"$ref":"#/definitions/rule86"},"descriptors":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false};
const schema95 = {"type":"integer","minimum":1024,"maximum":67108864};

function validate373(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 67108864 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 67108864}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 1024 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1024}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate373.errors = vErrors;
return errors === 0;
}


function validate371(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "idempotent") || (key0 === "maxMessageBytes")) || (key0 === "descriptors"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.idempotent !== undefined){
if(!(validate130(data.idempotent, {instancePath:instancePath+"/idempotent",parentData:data,parentDataProperty:"idempotent",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.maxMessageBytes !== undefined){
if(!(validate373(data.maxMessageBytes, {instancePath:instancePath+"/maxMessageBytes",parentData:data,parentDataProperty:"maxMessageBytes",rootData}))){
vErrors = vErrors === null ? validate373.errors : vErrors.concat(validate373.errors);
errors = vErrors.length;
}
}
if(data.descriptors !== undefined){
if(!(validate31(data.descriptors, {instancePath:instancePath+"/descriptors",parentData:data,parentDataProperty:"descriptors",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate371.errors = vErrors;
return errors === 0;
}


function validate309(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.match === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "match"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema77.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.match !== undefined){
if(!(validate310(data.match, {instancePath:instancePath+"/match",parentData:data,parentDataProperty:"match",rootData}))){
vErrors = vErrors === null ? validate310.errors : vErrors.concat(validate310.errors);
errors = vErrors.length;
}
}
if(data.upstream !== undefined){
if(!(validate31(data.upstream, {instancePath:instancePath+"/upstream",parentData:data,parentDataProperty:"upstream",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.anonymous !== undefined){
let data2 = data.anonymous;
if(!(((data2 === true) || (data2 === false)) || (data2 === "everything"))){
const err2 = {instancePath:instancePath+"/anonymous",schemaPath:"#/properties/anonymous/enum",keyword:"enum",params:{allowedValues: schema77.properties.anonymous.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.roles !== undefined){
if(!(validate320(data.roles, {instancePath:instancePath+"/roles",parentData:data,parentDataProperty:"roles",rootData}))){
vErrors = vErrors === null ? validate320.errors : vErrors.concat(validate320.errors);
errors = vErrors.length;
}
}
if(data.scopes !== undefined){
if(!(validate323(data.scopes, {instancePath:instancePath+"/scopes",parentData:data,parentDataProperty:"scopes",rootData}))){
vErrors = vErrors === null ? validate323.errors : vErrors.concat(validate323.errors);
errors = vErrors.length;
}
}
if(data.schemes !== undefined){
if(!(validate327(data.schemes, {instancePath:instancePath+"/schemes",parentData:data,parentDataProperty:"schemes",rootData}))){
vErrors = vErrors === null ? validate327.errors : vErrors.concat(validate327.errors);
errors = vErrors.length;
}
}
if(data.claims !== undefined){
if(!(validate330(data.claims, {instancePath:instancePath+"/claims",parentData:data,parentDataProperty:"claims",rootData}))){
vErrors = vErrors === null ? validate330.errors : vErrors.concat(validate330.errors);
errors = vErrors.length;
}
}
if(data.networks !== undefined){
if(!(validate135(data.networks, {instancePath:instancePath+"/networks",parentData:data,parentDataProperty:"networks",rootData}))){
vErrors = vErrors === null ? validate135.errors : vErrors.concat(validate135.errors);
errors = vErrors.length;
}
}
if(data.maxAge !== undefined){
if(!(validate54(data.maxAge, {instancePath:instancePath+"/maxAge",parentData:data,parentDataProperty:"maxAge",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.readTimeout !== undefined){
if(!(validate54(data.readTimeout, {instancePath:instancePath+"/readTimeout",parentData:data,parentDataProperty:"readTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.acr !== undefined){
if(!(validate130(data.acr, {instancePath:instancePath+"/acr",parentData:data,parentDataProperty:"acr",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.cors !== undefined){
if(!(validate301(data.cors, {instancePath:instancePath+"/cors",parentData:data,parentDataProperty:"cors",rootData}))){
vErrors = vErrors === null ? validate301.errors : vErrors.concat(validate301.errors);
errors = vErrors.length;
}
}
if(data.stripPrefix !== undefined){
if(!(validate31(data.stripPrefix, {instancePath:instancePath+"/stripPrefix",parentData:data,parentDataProperty:"stripPrefix",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.addPrefix !== undefined){
if(!(validate31(data.addPrefix, {instancePath:instancePath+"/addPrefix",parentData:data,parentDataProperty:"addPrefix",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.ambiguousPaths !== undefined){
if(!(validate28(data.ambiguousPaths, {instancePath:instancePath+"/ambiguousPaths",parentData:data,parentDataProperty:"ambiguousPaths",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.requestHeaders !== undefined){
if(!(validate341(data.requestHeaders, {instancePath:instancePath+"/requestHeaders",parentData:data,parentDataProperty:"requestHeaders",rootData}))){
vErrors = vErrors === null ? validate341.errors : vErrors.concat(validate341.errors);
errors = vErrors.length;
}
}
if(data.responseHeaders !== undefined){
if(!(validate347(data.responseHeaders, {instancePath:instancePath+"/responseHeaders",parentData:data,parentDataProperty:"responseHeaders",rootData}))){
vErrors = vErrors === null ? validate347.errors : vErrors.concat(validate347.errors);
errors = vErrors.length;
}
}
if(data.authorize !== undefined){
if(!(validate353(data.authorize, {instancePath:instancePath+"/authorize",parentData:data,parentDataProperty:"authorize",rootData}))){
vErrors = vErrors === null ? validate353.errors : vErrors.concat(validate353.errors);
errors = vErrors.length;
}
}
if(data.rate !== undefined){
if(!(validate359(data.rate, {instancePath:instancePath+"/rate",parentData:data,parentDataProperty:"rate",rootData}))){
vErrors = vErrors === null ? validate359.errors : vErrors.concat(validate359.errors);
errors = vErrors.length;
}
}
if(data.limits !== undefined){
if(!(validate364(data.limits, {instancePath:instancePath+"/limits",parentData:data,parentDataProperty:"limits",rootData}))){
vErrors = vErrors === null ? validate364.errors : vErrors.concat(validate364.errors);
errors = vErrors.length;
}
}
if(data.rpc !== undefined){
if(!(validate371(data.rpc, {instancePath:instancePath+"/rpc",parentData:data,parentDataProperty:"rpc",rootData}))){
vErrors = vErrors === null ? validate371.errors : vErrors.concat(validate371.errors);
errors = vErrors.length;
}
}
if(data.webSocketTicket !== undefined){
if(!(validate31(data.webSocketTicket, {instancePath:instancePath+"/webSocketTicket",parentData:data,parentDataProperty:"webSocketTicket",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.forwardAuthorization !== undefined){
if(!(validate28(data.forwardAuthorization, {instancePath:instancePath+"/forwardAuthorization",parentData:data,parentDataProperty:"forwardAuthorization",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate309.errors = vErrors;
return errors === 0;
}


function validate308(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate309(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate309.errors : vErrors.concat(validate309.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate308.errors = vErrors;
return errors === 0;
}

const schema96 = {"type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Za-z0-9][A-Za-z0-9._-]*$"},"additionalProperties":{"$ref":"#/definitions/rule97"}};
const schema97 = {"type":"object","properties":{"url":{"$ref":"#/definitions/rule18"},"health":{"$ref":"#/definitions/rule90"},"tls":{"$ref":"#/definitions/rule91"},"host":{"$ref":"#/definitions/rule4"},"protocol":{"$ref":"#/definitions/rule92"},"credential":{"$ref":"#/definitions/rule94"},"identity":{"$ref":"#/definitions/rule95"},"ignoresCase":{"$ref":"#/definitions/rule3"},"via":{"$ref":"#/definitions/rule3"},"connectTimeout":{"$ref":"#/definitions/rule13"},"headersTimeout":{"$ref":"#/definitions/rule13"},"bodyTimeout":{"$ref":"#/definitions/rule13"},"maxHeaderBytes":{"$ref":"#/definitions/rule96"},"maxConnections":{"$ref":"#/definitions/rule25"}},"required":["url"],"additionalProperties":false};
const schema98 = {"type":"object","properties":{"path":{"$ref":"#/definitions/rule4"},"service":{"$ref":"#/definitions/rule4"},"interval":{"$ref":"#/definitions/rule13"},"timeout":{"$ref":"#/definitions/rule13"}},"required":[],"additionalProperties":false};

function validate384(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "path") || (key0 === "service")) || (key0 === "interval")) || (key0 === "timeout"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.path !== undefined){
if(!(validate31(data.path, {instancePath:instancePath+"/path",parentData:data,parentDataProperty:"path",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.service !== undefined){
if(!(validate31(data.service, {instancePath:instancePath+"/service",parentData:data,parentDataProperty:"service",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.interval !== undefined){
if(!(validate54(data.interval, {instancePath:instancePath+"/interval",parentData:data,parentDataProperty:"interval",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.timeout !== undefined){
if(!(validate54(data.timeout, {instancePath:instancePath+"/timeout",parentData:data,parentDataProperty:"timeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate384.errors = vErrors;
return errors === 0;
}

const schema99 = {"type":"object","properties":{"ca":{"$ref":"#/definitions/rule4"},"certificate":{"$ref":"#/definitions/rule4"},"key":{"$ref":"#/definitions/rule4"},"serverName":{"$ref":"#/definitions/rule4"}},"required":[],"additionalProperties":false};

function validate390(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((key0 === "ca") || (key0 === "certificate")) || (key0 === "key")) || (key0 === "serverName"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.ca !== undefined){
if(!(validate31(data.ca, {instancePath:instancePath+"/ca",parentData:data,parentDataProperty:"ca",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.certificate !== undefined){
if(!(validate31(data.certificate, {instancePath:instancePath+"/certificate",parentData:data,parentDataProperty:"certificate",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.key !== undefined){
if(!(validate31(data.key, {instancePath:instancePath+"/key",parentData:data,parentDataProperty:"key",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.serverName !== undefined){
if(!(validate31(data.serverName, {instancePath:instancePath+"/serverName",parentData:data,parentDataProperty:"serverName",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate390.errors = vErrors;
return errors === 0;
}

const schema100 = {"type":"string","enum":["http","grpc"]};

function validate397(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "http") || (data === "grpc"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema100.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate397.errors = vErrors;
return errors === 0;
}

const schema101 = {"type":"object","properties":{"wire":{"$ref":"#/definitions/rule93"},"scheme":{"$ref":"#/definitions/rule48"},"user":{"$ref":"#/definitions/rule4"},"secret":{"$ref":"#/definitions/rule19"},"path":{"$ref":"#/definitions/rule4"},"logOut":{"$ref":"#/definitions/rule4"},"keepAlive":{"$ref":"#/definitions/rule13"}},"required":["wire","secret"],"additionalProperties":false};
const schema102 = {"type":"string","enum":["deephaven","flight","sallyport","http"]};

function validate400(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((((data === "deephaven") || (data === "flight")) || (data === "sallyport")) || (data === "http"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema102.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate400.errors = vErrors;
return errors === 0;
}


function validate399(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.wire === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "wire"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.secret === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "secret"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(((((((key0 === "wire") || (key0 === "scheme")) || (key0 === "user")) || (key0 === "secret")) || (key0 === "path")) || (key0 === "logOut")) || (key0 === "keepAlive"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.wire !== undefined){
if(!(validate400(data.wire, {instancePath:instancePath+"/wire",parentData:data,parentDataProperty:"wire",rootData}))){
vErrors = vErrors === null ? validate400.errors : vErrors.concat(validate400.errors);
errors = vErrors.length;
}
}
if(data.scheme !== undefined){
if(!(validate204(data.scheme, {instancePath:instancePath+"/scheme",parentData:data,parentDataProperty:"scheme",rootData}))){
vErrors = vErrors === null ? validate204.errors : vErrors.concat(validate204.errors);
errors = vErrors.length;
}
}
if(data.user !== undefined){
if(!(validate31(data.user, {instancePath:instancePath+"/user",parentData:data,parentDataProperty:"user",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.secret !== undefined){
if(!(validate84(data.secret, {instancePath:instancePath+"/secret",parentData:data,parentDataProperty:"secret",rootData}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
if(data.path !== undefined){
if(!(validate31(data.path, {instancePath:instancePath+"/path",parentData:data,parentDataProperty:"path",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.logOut !== undefined){
if(!(validate31(data.logOut, {instancePath:instancePath+"/logOut",parentData:data,parentDataProperty:"logOut",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.keepAlive !== undefined){
if(!(validate54(data.keepAlive, {instancePath:instancePath+"/keepAlive",parentData:data,parentDataProperty:"keepAlive",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate399.errors = vErrors;
return errors === 0;
}

const schema103 = {"type":"string","enum":["headers","none"]};

function validate409(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "headers") || (data === "none"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema103.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate409.errors = vErrors;
return errors === 0;
}

const schema104 = {"type":"integer","minimum":1024,"maximum":1048576};

function validate416(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 1048576 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1048576}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 1024 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1024}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate416.errors = vErrors;
return errors === 0;
}


function validate382(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.url === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "url"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema97.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.url !== undefined){
if(!(validate76(data.url, {instancePath:instancePath+"/url",parentData:data,parentDataProperty:"url",rootData}))){
vErrors = vErrors === null ? validate76.errors : vErrors.concat(validate76.errors);
errors = vErrors.length;
}
}
if(data.health !== undefined){
if(!(validate384(data.health, {instancePath:instancePath+"/health",parentData:data,parentDataProperty:"health",rootData}))){
vErrors = vErrors === null ? validate384.errors : vErrors.concat(validate384.errors);
errors = vErrors.length;
}
}
if(data.tls !== undefined){
if(!(validate390(data.tls, {instancePath:instancePath+"/tls",parentData:data,parentDataProperty:"tls",rootData}))){
vErrors = vErrors === null ? validate390.errors : vErrors.concat(validate390.errors);
errors = vErrors.length;
}
}
if(data.host !== undefined){
if(!(validate31(data.host, {instancePath:instancePath+"/host",parentData:data,parentDataProperty:"host",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.protocol !== undefined){
if(!(validate397(data.protocol, {instancePath:instancePath+"/protocol",parentData:data,parentDataProperty:"protocol",rootData}))){
vErrors = vErrors === null ? validate397.errors : vErrors.concat(validate397.errors);
errors = vErrors.length;
}
}
if(data.credential !== undefined){
if(!(validate399(data.credential, {instancePath:instancePath+"/credential",parentData:data,parentDataProperty:"credential",rootData}))){
vErrors = vErrors === null ? validate399.errors : vErrors.concat(validate399.errors);
errors = vErrors.length;
}
}
if(data.identity !== undefined){
if(!(validate409(data.identity, {instancePath:instancePath+"/identity",parentData:data,parentDataProperty:"identity",rootData}))){
vErrors = vErrors === null ? validate409.errors : vErrors.concat(validate409.errors);
errors = vErrors.length;
}
}
if(data.ignoresCase !== undefined){
if(!(validate28(data.ignoresCase, {instancePath:instancePath+"/ignoresCase",parentData:data,parentDataProperty:"ignoresCase",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.via !== undefined){
if(!(validate28(data.via, {instancePath:instancePath+"/via",parentData:data,parentDataProperty:"via",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.connectTimeout !== undefined){
if(!(validate54(data.connectTimeout, {instancePath:instancePath+"/connectTimeout",parentData:data,parentDataProperty:"connectTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.headersTimeout !== undefined){
if(!(validate54(data.headersTimeout, {instancePath:instancePath+"/headersTimeout",parentData:data,parentDataProperty:"headersTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.bodyTimeout !== undefined){
if(!(validate54(data.bodyTimeout, {instancePath:instancePath+"/bodyTimeout",parentData:data,parentDataProperty:"bodyTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.maxHeaderBytes !== undefined){
if(!(validate416(data.maxHeaderBytes, {instancePath:instancePath+"/maxHeaderBytes",parentData:data,parentDataProperty:"maxHeaderBytes",rootData}))){
vErrors = vErrors === null ? validate416.errors : vErrors.concat(validate416.errors);
errors = vErrors.length;
}
}
if(data.maxConnections !== undefined){
if(!(validate106(data.maxConnections, {instancePath:instancePath+"/maxConnections",parentData:data,parentDataProperty:"maxConnections",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate382.errors = vErrors;
return errors === 0;
}


function validate381(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!pattern4.test(key0)){
const err1 = {instancePath,schemaPath:"#/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$"},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
for(const key1 in data){
if(!(validate382(data[key1], {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate382.errors : vErrors.concat(validate382.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate381.errors = vErrors;
return errors === 0;
}

const schema105 = {"type":"object","properties":{"headersTimeout":{"$ref":"#/definitions/rule13"},"readTimeout":{"$ref":"#/definitions/rule13"},"stopTimeout":{"$ref":"#/definitions/rule13"},"stopDelay":{"$ref":"#/definitions/rule13"},"maxConnections":{"$ref":"#/definitions/rule25"},"maxHeaderBytes":{"$ref":"#/definitions/rule99"},"maxAuthorizationLength":{"$ref":"#/definitions/rule100"}},"required":[],"additionalProperties":false};
const schema106 = {"type":"integer","minimum":8192,"maximum":65536};

function validate428(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 65536 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65536}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 8192 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 8192}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate428.errors = vErrors;
return errors === 0;
}

const schema107 = {"type":"integer","minimum":256,"maximum":65536};

function validate430(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 65536 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65536}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 256 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 256}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate430.errors = vErrors;
return errors === 0;
}


function validate422(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((((key0 === "headersTimeout") || (key0 === "readTimeout")) || (key0 === "stopTimeout")) || (key0 === "stopDelay")) || (key0 === "maxConnections")) || (key0 === "maxHeaderBytes")) || (key0 === "maxAuthorizationLength"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.headersTimeout !== undefined){
if(!(validate54(data.headersTimeout, {instancePath:instancePath+"/headersTimeout",parentData:data,parentDataProperty:"headersTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.readTimeout !== undefined){
if(!(validate54(data.readTimeout, {instancePath:instancePath+"/readTimeout",parentData:data,parentDataProperty:"readTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.stopTimeout !== undefined){
if(!(validate54(data.stopTimeout, {instancePath:instancePath+"/stopTimeout",parentData:data,parentDataProperty:"stopTimeout",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.stopDelay !== undefined){
if(!(validate54(data.stopDelay, {instancePath:instancePath+"/stopDelay",parentData:data,parentDataProperty:"stopDelay",rootData}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.maxConnections !== undefined){
if(!(validate106(data.maxConnections, {instancePath:instancePath+"/maxConnections",parentData:data,parentDataProperty:"maxConnections",rootData}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
if(data.maxHeaderBytes !== undefined){
if(!(validate428(data.maxHeaderBytes, {instancePath:instancePath+"/maxHeaderBytes",parentData:data,parentDataProperty:"maxHeaderBytes",rootData}))){
vErrors = vErrors === null ? validate428.errors : vErrors.concat(validate428.errors);
errors = vErrors.length;
}
}
if(data.maxAuthorizationLength !== undefined){
if(!(validate430(data.maxAuthorizationLength, {instancePath:instancePath+"/maxAuthorizationLength",parentData:data,parentDataProperty:"maxAuthorizationLength",rootData}))){
vErrors = vErrors === null ? validate430.errors : vErrors.concat(validate430.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate422.errors = vErrors;
return errors === 0;
}

const schema108 = {"type":"object","properties":{"file":{"$ref":"#/definitions/rule4"},"fsync":{"$ref":"#/definitions/rule3"},"onFailure":{"$ref":"#/definitions/rule102"}},"required":["file","onFailure"],"additionalProperties":false};
const schema109 = {"type":"string","enum":["continue","refuse"]};

function validate436(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "continue") || (data === "refuse"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema109.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate436.errors = vErrors;
return errors === 0;
}


function validate433(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.file === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "file"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.onFailure === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "onFailure"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(((key0 === "file") || (key0 === "fsync")) || (key0 === "onFailure"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.file !== undefined){
if(!(validate31(data.file, {instancePath:instancePath+"/file",parentData:data,parentDataProperty:"file",rootData}))){
vErrors = vErrors === null ? validate31.errors : vErrors.concat(validate31.errors);
errors = vErrors.length;
}
}
if(data.fsync !== undefined){
if(!(validate28(data.fsync, {instancePath:instancePath+"/fsync",parentData:data,parentDataProperty:"fsync",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.onFailure !== undefined){
if(!(validate436(data.onFailure, {instancePath:instancePath+"/onFailure",parentData:data,parentDataProperty:"onFailure",rootData}))){
vErrors = vErrors === null ? validate436.errors : vErrors.concat(validate436.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate433.errors = vErrors;
return errors === 0;
}

const schema110 = {"type":"object","properties":{"level":{"$ref":"#/definitions/rule104"},"requests":{"$ref":"#/definitions/rule105"},"format":{"$ref":"#/definitions/rule106"}},"required":[],"additionalProperties":false};
const schema111 = {"type":"string","enum":["debug","info","warn","error","silent"]};

function validate440(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!(((((data === "debug") || (data === "info")) || (data === "warn")) || (data === "error")) || (data === "silent"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema111.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate440.errors = vErrors;
return errors === 0;
}

const schema112 = {"type":"number","minimum":0,"maximum":1};

function validate442(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data == "number") && (isFinite(data))){
if(data > 1 || isNaN(data)){
const err0 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "number"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate442.errors = vErrors;
return errors === 0;
}

const schema113 = {"type":"string","enum":["json","text"]};

function validate444(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(typeof data !== "string"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(!((data === "json") || (data === "text"))){
const err1 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema113.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate444.errors = vErrors;
return errors === 0;
}


function validate439(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "level") || (key0 === "requests")) || (key0 === "format"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.level !== undefined){
if(!(validate440(data.level, {instancePath:instancePath+"/level",parentData:data,parentDataProperty:"level",rootData}))){
vErrors = vErrors === null ? validate440.errors : vErrors.concat(validate440.errors);
errors = vErrors.length;
}
}
if(data.requests !== undefined){
if(!(validate442(data.requests, {instancePath:instancePath+"/requests",parentData:data,parentDataProperty:"requests",rootData}))){
vErrors = vErrors === null ? validate442.errors : vErrors.concat(validate442.errors);
errors = vErrors.length;
}
}
if(data.format !== undefined){
if(!(validate444(data.format, {instancePath:instancePath+"/format",parentData:data,parentDataProperty:"format",rootData}))){
vErrors = vErrors === null ? validate444.errors : vErrors.concat(validate444.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate439.errors = vErrors;
return errors === 0;
}


function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.listen === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "listen"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.keys === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "keys"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.store === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "store"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data.handlers === undefined){
const err3 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "handlers"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data.routes === undefined){
const err4 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "routes"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema6.properties, key0))){
const err5 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.realm !== undefined){
if(!(validate22(data.realm, {instancePath:instancePath+"/realm",parentData:data,parentDataProperty:"realm",rootData}))){
vErrors = vErrors === null ? validate22.errors : vErrors.concat(validate22.errors);
errors = vErrors.length;
}
}
if(data.listen !== undefined){
if(!(validate24(data.listen, {instancePath:instancePath+"/listen",parentData:data,parentDataProperty:"listen",rootData}))){
vErrors = vErrors === null ? validate24.errors : vErrors.concat(validate24.errors);
errors = vErrors.length;
}
}
if(data.admin !== undefined){
if(!(validate41(data.admin, {instancePath:instancePath+"/admin",parentData:data,parentDataProperty:"admin",rootData}))){
vErrors = vErrors === null ? validate41.errors : vErrors.concat(validate41.errors);
errors = vErrors.length;
}
}
if(data.keys !== undefined){
if(!(validate45(data.keys, {instancePath:instancePath+"/keys",parentData:data,parentDataProperty:"keys",rootData}))){
vErrors = vErrors === null ? validate45.errors : vErrors.concat(validate45.errors);
errors = vErrors.length;
}
}
if(data.store !== undefined){
if(!(validate48(data.store, {instancePath:instancePath+"/store",parentData:data,parentDataProperty:"store",rootData}))){
vErrors = vErrors === null ? validate48.errors : vErrors.concat(validate48.errors);
errors = vErrors.length;
}
}
if(data.session !== undefined){
if(!(validate51(data.session, {instancePath:instancePath+"/session",parentData:data,parentDataProperty:"session",rootData}))){
vErrors = vErrors === null ? validate51.errors : vErrors.concat(validate51.errors);
errors = vErrors.length;
}
}
if(data.handlers !== undefined){
if(!(validate65(data.handlers, {instancePath:instancePath+"/handlers",parentData:data,parentDataProperty:"handlers",rootData}))){
vErrors = vErrors === null ? validate65.errors : vErrors.concat(validate65.errors);
errors = vErrors.length;
}
}
if(data.aliases !== undefined){
if(!(validate203(data.aliases, {instancePath:instancePath+"/aliases",parentData:data,parentDataProperty:"aliases",rootData}))){
vErrors = vErrors === null ? validate203.errors : vErrors.concat(validate203.errors);
errors = vErrors.length;
}
}
if(data.nestedSchemes !== undefined){
if(!(validate28(data.nestedSchemes, {instancePath:instancePath+"/nestedSchemes",parentData:data,parentDataProperty:"nestedSchemes",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
if(data.throttle !== undefined){
if(!(validate208(data.throttle, {instancePath:instancePath+"/throttle",parentData:data,parentDataProperty:"throttle",rootData}))){
vErrors = vErrors === null ? validate208.errors : vErrors.concat(validate208.errors);
errors = vErrors.length;
}
}
if(data.operateAs !== undefined){
if(!(validate223(data.operateAs, {instancePath:instancePath+"/operateAs",parentData:data,parentDataProperty:"operateAs",rootData}))){
vErrors = vErrors === null ? validate223.errors : vErrors.concat(validate223.errors);
errors = vErrors.length;
}
}
if(data.binding !== undefined){
if(!(validate247(data.binding, {instancePath:instancePath+"/binding",parentData:data,parentDataProperty:"binding",rootData}))){
vErrors = vErrors === null ? validate247.errors : vErrors.concat(validate247.errors);
errors = vErrors.length;
}
}
if(data.tickets !== undefined){
if(!(validate254(data.tickets, {instancePath:instancePath+"/tickets",parentData:data,parentDataProperty:"tickets",rootData}))){
vErrors = vErrors === null ? validate254.errors : vErrors.concat(validate254.errors);
errors = vErrors.length;
}
}
if(data.services !== undefined){
if(!(validate261(data.services, {instancePath:instancePath+"/services",parentData:data,parentDataProperty:"services",rootData}))){
vErrors = vErrors === null ? validate261.errors : vErrors.concat(validate261.errors);
errors = vErrors.length;
}
}
if(data.cors !== undefined){
if(!(validate301(data.cors, {instancePath:instancePath+"/cors",parentData:data,parentDataProperty:"cors",rootData}))){
vErrors = vErrors === null ? validate301.errors : vErrors.concat(validate301.errors);
errors = vErrors.length;
}
}
if(data.routes !== undefined){
if(!(validate308(data.routes, {instancePath:instancePath+"/routes",parentData:data,parentDataProperty:"routes",rootData}))){
vErrors = vErrors === null ? validate308.errors : vErrors.concat(validate308.errors);
errors = vErrors.length;
}
}
if(data.upstreams !== undefined){
if(!(validate381(data.upstreams, {instancePath:instancePath+"/upstreams",parentData:data,parentDataProperty:"upstreams",rootData}))){
vErrors = vErrors === null ? validate381.errors : vErrors.concat(validate381.errors);
errors = vErrors.length;
}
}
if(data.trustedProxies !== undefined){
if(!(validate130(data.trustedProxies, {instancePath:instancePath+"/trustedProxies",parentData:data,parentDataProperty:"trustedProxies",rootData}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
if(data.limits !== undefined){
if(!(validate422(data.limits, {instancePath:instancePath+"/limits",parentData:data,parentDataProperty:"limits",rootData}))){
vErrors = vErrors === null ? validate422.errors : vErrors.concat(validate422.errors);
errors = vErrors.length;
}
}
if(data.audit !== undefined){
if(!(validate433(data.audit, {instancePath:instancePath+"/audit",parentData:data,parentDataProperty:"audit",rootData}))){
vErrors = vErrors === null ? validate433.errors : vErrors.concat(validate433.errors);
errors = vErrors.length;
}
}
if(data.log !== undefined){
if(!(validate439(data.log, {instancePath:instancePath+"/log",parentData:data,parentDataProperty:"log",rootData}))){
vErrors = vErrors === null ? validate439.errors : vErrors.concat(validate439.errors);
errors = vErrors.length;
}
}
if(data.traces !== undefined){
if(!(validate28(data.traces, {instancePath:instancePath+"/traces",parentData:data,parentDataProperty:"traces",rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}
