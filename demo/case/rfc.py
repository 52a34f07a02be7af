import re
T={c:i for i,c in enumerate("0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ")}
def dv(body):
    b=body.rjust(12)
    s=sum(T[c]*(13-i) for i,c in enumerate(b))
    r=s%11
    return '0' if r==0 else ('A' if 11-r==10 else str(11-r))
P=re.compile(r'^[A-ZÑ&]{3,4}\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[A-Z\d]{2}[\dA]$')
